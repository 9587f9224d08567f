"""The weights of an additive score for all queries at once, without a number for each of its hidden units.

    a_ts = softmax_s(v . tanh(q_t + k_s))

The plain form holds tanh(...), [batch, target, source, size], for backward: at 64 pairs of 30 words and width 128 that
is 29 MB a layer. Here it is made twice and never stored.
"""

from typing import Any

import torch
from torch import Tensor
from torch.amp import custom_bwd, custom_fwd
from torch.autograd.function import once_differentiable

from seqloom.kernels.library import Library, native
from seqloom.kernels.paths import on

SMALL = 1 << 16
"""Below so many tanh one thread does them all."""


def usable(queries: Tensor, keys: Tensor, v: Tensor) -> bool:
    """Choose: True for the native form, which knows float32 on a CPU (and computes so inside of autocast)."""
    return (
        on("additive attention")
        and queries.device.type == keys.device.type == "cpu"
        and v.dtype == torch.float32
        and {queries.dtype, keys.dtype} <= ({torch.float32} | _autocast())
        and queries.numel() > 0
        and keys.shape[1] > 0
    )


def additive_weights(queries: Tensor, keys: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Return weights [batch, target, source] in float32, zeros where mask [batch, source] hides.

    queries [batch, target, size] and keys [batch, source, size] are projected already; v [size].
    """
    fits = len(keys) == len(queries) and keys.shape[2:] == queries.shape[2:] == v.shape
    if not fits or mask.shape != keys.shape[:2]:
        shapes = ", ".join(str(tuple(one.shape)) for one in (queries, keys, v, mask))
        raise ValueError(f"queries, keys, v and mask do not fit: {shapes}")
    weights: Tensor = _Additive.apply(queries, keys, v, mask)
    return weights


class _Additive(torch.autograd.Function):
    @staticmethod
    @custom_fwd(device_type="cpu", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(ctx: Any, queries: Tensor, keys: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        queries, keys, v = queries.contiguous(), keys.contiguous(), v.contiguous()
        shown = mask.contiguous()
        (batch, target, size), source = queries.shape, keys.shape[1]
        weights = queries.new_empty(batch, target, source)
        sizes = batch, target, source, size, threads(batch * target * source * size, SMALL)
        forward = library().bind("additive_forward", "p" * 5 + "i" * 5)
        forward(*pointers(queries, keys, v, shown, weights), *sizes)
        ctx.save_for_backward(queries, keys, v, shown, weights)
        return weights

    @staticmethod
    @custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator]
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        queries, keys, v, shown, weights = ctx.saved_tensors
        (batch, target, size), source = queries.shape, keys.shape[1]
        to_queries, to_keys, to_v = torch.empty_like(queries), torch.zeros_like(keys), v.new_zeros(batch, size)
        grad = grad.contiguous()
        sizes = batch, target, source, size, threads(batch * target * source * size, SMALL)
        backward = library().bind("additive_backward", "p" * 9 + "i" * 5)
        backward(*pointers(queries, keys, v, shown, weights, grad, to_queries, to_keys, to_v), *sizes)
        return to_queries, to_keys, to_v.sum(0), None


def library() -> Library:
    """Return the native library where a path that needs it was chosen."""
    found = native()
    assert found is not None
    return found


def pointers(*given: Tensor | None) -> list[int | None]:
    """Return where each tensor's numbers begin; None stays None."""
    return [None if tensor is None else tensor.data_ptr() for tensor in given]


def threads(work: int, small: int) -> int:
    """Return on how many threads so much work is done: on one where it is small."""
    return 1 if work < small else torch.get_num_threads()


def _autocast() -> set[torch.dtype]:
    return {torch.get_autocast_dtype("cpu")} if torch.is_autocast_enabled("cpu") else set()
