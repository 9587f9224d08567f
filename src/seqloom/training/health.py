"""Numbers that are not finite: which module gave the first of them."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.batch import Batch
from seqloom.model import SequenceModel
from seqloom.state import State, tensors


def finite(model: nn.Module) -> bool:
    """Say whether every weight is a finite number."""
    return all(bool(parameter.isfinite().all()) for parameter in model.parameters())


def culprit(model: SequenceModel, batch: Batch, state: State | None) -> tuple[str | None, State | None]:
    """Name the first module whose weights or outputs are not finite, by running the batch again under hooks.

    Returns None where every output is finite, and the State after the batch.
    """
    for name, parameter in model.named_parameters():
        if not bool(parameter.isfinite().all()):
            return f"{name.rpartition('.')[0]} (its weight {name})", state
    found: list[str] = []

    def watch(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if not found and not all(bool(value.isfinite().all()) for value in _floats(output)):
                found.append(name)

        return hook

    handles = [
        module.register_forward_hook(watch(name))
        for name, module in model.named_modules()
        if name  # a module's parts answer before it does, so the first is the innermost
    ]
    try:
        with torch.no_grad():
            outputs, state = model(batch, state)
            losses = model.loss(outputs, batch)
    finally:
        for handle in handles:
            handle.remove()
    if found:
        return found[0], state
    bad = [name for name, (total, _) in losses.items() if not bool(total.isfinite())]
    return (f"the loss of heads.{bad[0]}" if bad else None), state


def _floats(output: Any) -> Iterator[Tensor]:
    if isinstance(output, Tensor):
        if output.is_floating_point():
            yield output
    elif isinstance(output, dict):
        yield from (value for value in tensors(output) if value.is_floating_point())
    elif isinstance(output, tuple | list):
        for part in output:
            yield from _floats(part)
    elif hasattr(output, "summary"):
        yield from (output.outputs, output.summary)
