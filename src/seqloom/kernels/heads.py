"""Multi-head attention of short sequences on a CPU, forward and backward in one native call each.

torch's fused kernel knows no dropout there, and in the open attention is a dozen small operations a layer. Weights are
kept for the backward pass, as in the open; the noise of dropout is that of kernels/dropout.py and is not. Under bf16
autocast queries, keys and values are read as they are and everything between is float32.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from seqloom.kernels.dropout import KINDS, Noise, drawn, ours
from seqloom.kernels.library import native

LONGEST = 256
"""Steps from which on a head's scores leave the cache."""
SHARED = 1 << 16
"""Products of a query and a key, over all heads, from which on threads share them."""


def usable(query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None) -> bool:
    """Choose: True for the native form. Arguments as of `attend` in ops/attend.py.

    One query, as in decoding, is not worth turning the keys round.
    """
    library = native()
    batch, heads, target, size = query.shape
    source = key.shape[2]
    return (
        library is not None
        and query.dtype in KINDS
        and query.dtype == key.dtype == value.dtype
        and key.shape == value.shape == (batch, heads, source, size)
        and 1 < target <= LONGEST
        and 0 < source <= LONGEST
        and batch * heads * size > 0
        and (visible is None or (visible.shape[0] in (1, batch) and visible.shape[1:] == (1, 1, source)))
        and all(ours(one) for one in (query, key, value))
        and library.has("heads_forward", "heads_backward")
    )


def attend(query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None, causal: bool, drop: float) -> Tensor:
    """Attend: query [batch, heads, target, size], key and value [batch, heads, source, size] -> [batch, heads, target,
    size], which lies as [batch, target, heads, size]. `visible` [batch or 1, 1, 1, source]; `drop` is on the weights.
    """
    noise = drawn(drop) if drop else Noise(0, 0, 1.0)
    seen = None if visible is None else visible.reshape(visible.shape[0], -1).contiguous()
    query, key, value = (one if one.stride(-1) == 1 else one.contiguous() for one in (query, key, value))
    if torch.is_grad_enabled() and any(one.requires_grad for one in (query, key, value)):
        out: Tensor = _Heads.apply(query, key, value, seen, causal, noise)
        return out
    return _forward(query, key, value, seen, causal, noise, None)


def _forward(
    query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None, causal: bool, noise: Noise, weights: Tensor | None
) -> Tensor:
    batch, heads, target, size = query.shape
    library = native()
    assert library is not None
    out = query.new_empty(batch, target, heads, size)
    library.bind("heads_forward", "piiipiiipiiipiiiifiiiiiifppi")(
        *placed(query),
        *placed(key),
        *placed(value),
        *((None, 0) if seen is None else (seen.data_ptr(), 0 if len(seen) == 1 else seen.shape[1])),
        *(causal, noise.seed, noise.threshold, noise.scale),
        *sizes(query, key),
        *(out.data_ptr(), None if weights is None else weights.data_ptr(), threads(query, key)),
    )
    return out.transpose(1, 2)


class _Heads(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None, causal: bool, noise: Noise
    ) -> Tensor:
        weights = torch.empty(*query.shape[:3], key.shape[2])
        ctx.save_for_backward(query, key, value, weights)
        ctx.noise = noise
        return _forward(query, key, value, seen, causal, noise, weights)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, weights = ctx.saved_tensors
        noise, slope = ctx.noise, slope if slope.stride(-1) == 1 else slope.contiguous()
        library = native()
        assert library is not None
        found = [one.new_empty(one.shape[0], one.shape[2], *one.shape[1::2]) for one in (query, key, value)]
        library.bind("heads_backward", "piiipiiipiiipiiiiifiiiiiifppppi")(
            *placed(query),
            *placed(key),
            *placed(value),
            *placed(slope),
            *(noise.seed, noise.threshold, noise.scale),
            *sizes(query, key),
            weights.data_ptr(),
            *(one.data_ptr() for one in found),
            threads(query, key),
        )
        return *(one.transpose(1, 2) for one in found), None, None, None


def placed(x: Tensor) -> tuple[int, int, int, int]:
    """Return where x [batch, heads, time, size] stands, and its strides."""
    return x.data_ptr(), x.stride(0), x.stride(1), x.stride(2)


def sizes(query: Tensor, key: Tensor) -> tuple[int | float, ...]:
    """Return the numbers of a call that both native forms take: type, sizes, and what scores are multiplied by."""
    batch, heads, target, size = query.shape
    return KINDS[query.dtype], batch, heads, target, key.shape[2], size, float(size) ** -0.5


def threads(query: Tensor, key: Tensor) -> int:
    """Return how many threads are to share a call."""
    return torch.get_num_threads() if query.shape[:3].numel() * key.shape[2] >= SHARED else 1
