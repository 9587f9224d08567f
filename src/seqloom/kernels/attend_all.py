"""Attention and what mixes its answer in, for all steps of a decoder at once: where nothing is fed back.

    o_t = tanh(W [c_t; h_t] + b)      c_t = sum_s a_ts m_s      a_t = softmax_s(score(h_t, m_s))

One native call each way (`native/attend_all.cpp`) keeps what a block of steps needs in the cache from the query to o;
step by step in torch's operations each of queries, weights, contexts and their sums passes through memory by itself.
Float32 on a CPU; under autocast products in its type are quicker, and torch's are taken.
"""

from typing import Any

import torch
from torch import Tensor

from seqloom.kernels.additive import library, pointers, threads
from seqloom.kernels.again import differentiated
from seqloom.kernels.attend import Score, Source
from seqloom.kernels.paths import on
from seqloom.kernels.product import ROWS

SMALL = 1 << 20
"""Multiplications below which one thread does them all."""


def usable(h: Tensor, source: Source, score: Score, weight: Tensor) -> bool:
    """Choose: True for the native form. Shapes that do not fit are left to the plain one, which says what is wrong."""
    (batch, target, size), values, keys = h.shape, source.values, source.keys
    width = size if score.weight is None else len(score.weight)
    everything = [h, values, keys, weight, *(one for one in (score.weight, score.bias, score.v) if one is not None)]
    return (
        batch * target >= ROWS
        and values.shape[1] > 0
        and values.shape[:2] == keys.shape[:2] == source.mask.shape
        and len(values) == batch
        and keys.shape[2] == width
        and weight.shape == (size, values.shape[2] + size)
        and not torch.is_autocast_enabled("cpu")
        and all(one.dtype == torch.float32 and one.device.type == "cpu" for one in everything)
        and on("attention of all steps")
    )


def attend_all(h: Tensor, source: Source, score: Score, weight: Tensor, bias: Tensor) -> Tensor:
    """Return o [batch, target, size] for h like it, weight [size, mixed + size] and bias [size]; see `usable`."""
    asking, its_bias = score.weight, score.bias
    if asking is not None and its_bias is None:
        its_bias = asking.new_zeros(len(asking))
    given = h, source.values, source.keys, asking, its_bias, score.v, weight, bias
    found: Tensor = _All.apply(score.factor, source.mask, *given)
    return found


def plain(
    factor: float,
    mask: Tensor,
    h: Tensor,
    values: Tensor,
    keys: Tensor,
    asking: Tensor | None,
    asking_bias: Tensor | None,
    v: Tensor | None,
    weight: Tensor,
    bias: Tensor,
) -> Tensor:
    """Return the same by torch's operations."""
    query = h if asking is None else torch.nn.functional.linear(h, asking, asking_bias)
    scores = factor * (query @ keys.mT) if v is None else (query.unsqueeze(2) + keys.unsqueeze(1)).tanh() @ v
    hidden = ~mask.unsqueeze(1)
    weights = scores.masked_fill(hidden, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(hidden, 0)
    return torch.nn.functional.linear(torch.cat([weights @ values, h], -1), weight, bias).tanh()


class _All(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, factor: float, mask: Tensor, *given: Tensor | None) -> Tensor:
        mask = mask.contiguous()
        h, values, keys, asking, asking_bias, v, weight, bias = _contiguous(*given)
        sizes = _sizes(h, values, keys, asking)
        out, weights = torch.empty_like(h), h.new_empty(*h.shape[:2], keys.shape[1])
        queries = h.new_empty(*h.shape[:2], 0 if asking is None else len(asking))
        forward = library().bind("attend_all_forward", "p" * 8 + "f" + "p" * 5)
        forward(
            *pointers(sizes, h, values, keys, mask, asking, asking_bias, v), factor,
            *pointers(weight, bias, out, weights, queries),
        )  # fmt: skip
        ctx.factor = factor
        ctx.save_for_backward(mask, *given, out, weights, queries)
        return out

    @staticmethod
    def backward(ctx: Any, dout: Tensor) -> tuple[Tensor | None, ...]:
        mask, *given, out, weights, queries = ctx.saved_tensors  # read once: what is computed again is handed out once
        if torch.is_grad_enabled():
            return None, None, *differentiated(lambda *own: [plain(ctx.factor, mask, *own)], given, [dout])
        h, values, keys, asking, _, v, weight, _ = _contiguous(*given)
        sizes, dout = _sizes(h, values, keys, asking), dout.contiguous()
        dh, dvalues, dkeys = torch.empty_like(h), torch.zeros_like(values), torch.zeros_like(keys)
        shapes = [weight.shape, weight.shape[:1], *((asking.shape, asking.shape[:1]) if asking is not None else ())]
        counts = [shape.numel() for shape in shapes]
        sums = h.new_zeros(int(sizes[-1]), sum(counts) + keys.shape[2])
        backward = library().bind("attend_all_backward", "p" * 7 + "f" + "p" * 9)
        backward(
            *pointers(sizes, h, values, keys, mask, asking, v), ctx.factor,
            *pointers(weight, out, weights, queries, dout, dh, dvalues, dkeys, sums),
        )  # fmt: skip
        *found, dv = sums[0].split([*counts, keys.shape[2]])
        dweight, dbias, *dasking = [one.view(shape) for one, shape in zip(found, shapes, strict=True)]
        asked = dasking or (None, None)
        return None, None, dh, dvalues, dkeys, *asked, None if v is None else dv, dweight, dbias


def _contiguous(*given: Tensor | None) -> list[Any]:
    return [None if one is None else one.contiguous() for one in given]


def _sizes(h: Tensor, values: Tensor, keys: Tensor, asking: Tensor | None) -> Tensor:
    """Return the sizes as the native side reads them (attend_all.cpp)."""
    (batch, target, size), mixed = h.shape, values.shape[2]
    own = [batch, target, keys.shape[1], size, keys.shape[2], 0 if asking is None else len(asking), mixed]
    return torch.tensor([*own, min(batch, threads(batch * target * size * (mixed + size), SMALL))])
