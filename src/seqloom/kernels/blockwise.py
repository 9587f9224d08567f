"""Multi-head attention of long sequences on a CPU, block by block, in memory that grows with the length alone.

In the open, dropout on 8,192 steps holds several matrices of 8,192 times 8,192 numbers a head. Here neither scores nor
weights are kept (native/blockwise.cpp): of every query the largest score and the sum are, and the backward pass makes
weights and noise again. The noise is that of kernels/dropout.py, the same as in the open. Under bf16 autocast queries,
keys and values are read as they are, everything between is float32, and the answer is kept in float32 as well: the
slopes of scores are differences from it, for which halves are too coarse.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from seqloom.kernels.dropout import KINDS, Noise, drawn, ours
from seqloom.kernels.heads import LONGEST, placed, sizes, threads
from seqloom.kernels.library import native
from seqloom.kernels.product import pays

PARTS = 8
"""In so many parts the backward pass is cut, for threads to share, where rows and heads are fewer."""
KEYS = 256
"""Keys of a block, of which a part has one at least."""
FEWEST = 48
"""Queries from which on keys are worth turning round, where there is another way."""


def usable(query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None, drop: float) -> bool:
    """Choose: True for the native form. Arguments as of `attend` in ops/attend.py.

    Without dropout torch has a fused kernel too, which a few queries are left to, and all where its products are as
    fast as ours.
    """
    library = native()
    batch, heads, target, size = query.shape
    source = key.shape[2]
    return (
        library is not None
        and query.dtype in KINDS
        and query.dtype == key.dtype == value.dtype
        and key.shape == value.shape == (batch, heads, source, size)
        and target > 1
        and (drop > 0 or (target >= FEWEST and pays()))
        and source > 0
        and max(target, source) > LONGEST
        and batch * heads * size > 0
        and (visible is None or _fits(visible, batch, target, source))
        and all(ours(one) for one in (query, key, value))
        and library.has("blockwise_forward", "blockwise_backward")
    )


def attend(query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None, causal: bool, drop: float) -> Tensor:
    """Attend: query [batch, heads, target, size], key and value [batch, heads, source, size] -> [batch, heads, target,
    size], which lies as [batch, target, heads, size]. `visible` [batch or 1, 1, target or 1, source]; `drop` is on the
    weights.
    """
    noise = drawn(drop) if drop else Noise(0, 0, 1.0)
    seen = None if visible is None else visible[:, 0].contiguous()  # [batch or 1, target or 1, source]
    query, key, value = (one if one.stride(-1) == 1 else one.contiguous() for one in (query, key, value))
    if torch.is_grad_enabled() and any(one.requires_grad for one in (query, key, value)):
        out: Tensor = _Blockwise.apply(query, key, value, seen, causal, noise)
        return out
    return _forward(query, key, value, seen, causal, noise, (None, None, None)).transpose(1, 2)


def _fits(visible: Tensor, batch: int, target: int, source: int) -> bool:
    """Whether the native form reads such a mask."""
    return (
        visible.dtype == torch.bool
        and visible.dim() == 4
        and visible.shape[0] in (1, batch)
        and visible.shape[1] == 1
        and visible.shape[2] in (1, target)
        and visible.shape[3] == source
    )


def _forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    seen: Tensor | None,
    causal: bool,
    noise: Noise,
    kept: tuple[Tensor | None, ...],
) -> Tensor:
    """Return the answer [batch, target, heads, size]; `kept` is written for the backward pass."""
    batch, heads, target, size = query.shape
    library = native()
    assert library is not None
    out = query.new_empty(batch, target, heads, size)
    library.bind("blockwise_forward", "piiipiiipiiipiiiiifiiiiiifppppi")(
        *placed(query),
        *placed(key),
        *placed(value),
        *_masked(seen),
        *(causal, noise.seed, noise.threshold, noise.scale),
        *sizes(query, key),
        out.data_ptr(),
        *(None if one is None else one.data_ptr() for one in kept),
        threads(query, key),
    )
    return out


class _Blockwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None, causal: bool, noise: Noise
    ) -> Tensor:
        batch, heads, target, size = query.shape
        exact = None if query.dtype == torch.float32 else torch.empty(batch, target, heads, size)
        tops, shares = torch.empty(2, batch, heads, target)
        out = _forward(query, key, value, seen, causal, noise, (exact, tops, shares))
        ctx.save_for_backward(query, key, value, seen, out if exact is None else exact, tops, shares)
        ctx.causal, ctx.noise = causal, noise
        return out.transpose(1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, seen, exact, tops, shares = ctx.saved_tensors
        noise, slope = ctx.noise, slope if slope.stride(-1) == 1 else slope.contiguous()
        batch, heads, target, size = query.shape
        source = key.shape[2]
        library = native()
        assert library is not None
        splits = min(max(1, PARTS // (batch * heads)), -(-source // KEYS))
        to_query = torch.zeros(splits, batch, target, heads, size)
        to_key, to_value = (one.new_empty(batch, source, heads, size) for one in (key, value))
        library.bind("blockwise_backward", "piiipiiipiiipiiipiiiiifiiiiiifpppipppi")(
            *placed(query),
            *placed(key),
            *placed(value),
            *placed(slope),
            *_masked(seen),
            *(ctx.causal, noise.seed, noise.threshold, noise.scale),
            *sizes(query, key),
            *(one.data_ptr() for one in (exact, tops, shares)),
            splits,
            *(one.data_ptr() for one in (to_query, to_key, to_value)),
            threads(query, key),
        )
        whole = to_query[0] if splits == 1 else to_query.sum(0)
        found = (whole.to(query.dtype), to_key, to_value)
        return *(one.transpose(1, 2) for one in found), None, None, None


def _masked(seen: Tensor | None) -> tuple[int | None, int, int]:
    """Return where a mask [batch or 1, target or 1, source] stands, and the steps between its rows and queries."""
    if seen is None:
        return None, 0, 0
    rows, queries, source = seen.shape
    return seen.data_ptr(), 0 if rows == 1 else queries * source, 0 if queries == 1 else source
