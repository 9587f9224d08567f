"""Operations of a model, counted while it runs: two for each product of a weight and a value, one of them to add it up.

What is counted are products of matrices, by torch's own counter. Cells take their steps in the open meanwhile, for a
fused kernel shows no products; what a fused attention works out again on its way back is not counted. What is done
number by number (gates, norms, softmax, the scan of a minGRU) is not counted: beside products of matrices it is little,
and no hardware's peak is stated in it. Of causal attention the half that is masked is counted.
"""

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from seqloom.batch import Batch
from seqloom.model import SequenceModel
from seqloom.tape import Patch


def flops_of(model: SequenceModel, batches: Sequence[Batch], seconds: float) -> tuple[float | None, float | None]:
    """Return operations a token of a forward pass, and of one with its backward pass, as a training has them.

    A token is what `Batch.tokens` counts, as in tokens a second: steps read, or of what writes those to be written.
    Both are over rows by themselves, without padding, and the same on any machine, for rows of one shape need the same:
    each shape is run once. Only where `seconds` are over are rows left out. None where there is no row. The model's
    gradients are cleared.
    """
    forward = training = tokens = 0
    began = time.perf_counter()
    known: dict[object, tuple[int, int]] = {}
    for batch in batches:
        shape = _shape(batch)
        if shape not in known:
            if known and time.perf_counter() - began > seconds:
                continue
            known[shape] = count(model, batch)
        only, both = known[shape]
        forward, training, tokens = forward + only, training + both, tokens + batch.tokens
    return (forward / tokens, training / tokens) if tokens else (None, None)


def _shape(batch: Batch) -> object:
    fields = (*batch.inputs.items(), *batch.target.items())
    return tuple((name, tuple(field.values.shape)) for name, field in fields)


def count(model: SequenceModel, batch: Batch) -> tuple[int, int]:
    """Return the operations of a forward pass over a batch in evaluation mode, and of it with its backward pass."""
    mode = model.training
    model.eval()
    counter = FlopCounterMode(display=False, custom_mapping=COUNTED)
    try:
        with torch.enable_grad(), Patch(model, {"*cells.*": lambda value: value}), counter:
            outputs, _ = model(batch)
            forward = counter.get_total_flops()
            losses = [value for value, _ in model.loss(outputs, batch).values()]
            torch.stack([loss for loss in losses if loss.requires_grad]).sum().backward()
        return forward, counter.get_total_flops()
    finally:
        model.zero_grad(set_to_none=True)
        model.train(mode)


def _of_vector(matrix: Sequence[int], vector: Sequence[int], *rest: Any, **more: Any) -> int:
    """Return the operations of a matrix times a vector."""
    return 2 * matrix[0] * matrix[1]


def _of_attention(query: Sequence[int], key: Sequence[int], value: Sequence[int], *rest: Any, **more: Any) -> int:
    """Return the operations of attention: scores, and the mixture of values."""
    found: int = sdpa_flop_count(query, key, value)
    return found


def _of_attention_back(
    out: Any, query: Sequence[int], key: Sequence[int], value: Sequence[int], *rest: Any, **more: Any
) -> int:
    """Return those of its gradient: each product has two."""
    return 2 * _of_attention(query, key, value)


ATEN = torch.ops.aten
COUNTED = {
    ATEN.mv: _of_vector,
    ATEN._scaled_dot_product_flash_attention_for_cpu: _of_attention,
    ATEN._scaled_dot_product_flash_attention_for_cpu_backward: _of_attention_back,
    ATEN._scaled_dot_product_flash_attention_backward: _of_attention_back,
    ATEN._scaled_dot_product_efficient_attention_backward: _of_attention_back,
    ATEN._scaled_dot_product_cudnn_attention_backward: _of_attention_back,
}
"""What torch's counter leaves out, or counts otherwise."""
