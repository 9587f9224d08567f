"""The output layer and its loss in one, a few rows at a time, so that the logits of a batch are never all held.

    nats = sum over rows of cross_entropy(x W^T + b, wanted)

In the open the logits of 2,048 places and 8,000 words are held five times over, 65 MB each, and read and written
again and again. Here some hundred rows are multiplied, turned into their own slopes in place, and multiplied back.
So the gradients are there when the loss is, and the backward pass only scales them.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear

from seqloom.kernels import product
from seqloom.kernels.dropout import KINDS
from seqloom.kernels.eager import eager
from seqloom.kernels.library import native

HELD = 1 << 22
"""Logits held at a time: 16 MB of float32, or as many as there are weights."""
SMALLEST = 1 << 17
"""Logits from which on a loss is worth it."""
IGNORED = -100


def usable(x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """Choose: True for the loss in pieces, False for that of all logits at once. x [rows, size]."""
    library = native()
    halves = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
    known = KINDS if halves else (torch.float32,)
    return (
        library is not None
        and library.has("nats")
        and len(x) * len(weight) >= SMALLEST
        and x.shape[1:] == weight.shape[1:]
        and bias.shape == weight.shape[:1]
        and all(one.device.type == "cpu" and one.dtype in known for one in (x, weight, bias))
        and eager()
    )


def nats(x: Tensor, weight: Tensor, bias: Tensor, wanted: Tensor, smoothing: float) -> Tensor:
    """Return the summed nats of the ids wanted [rows] where they are not below 0.

    x [rows, size], weight [ids, size], bias [ids] -> a number in float32.
    """
    if wanted.shape != x.shape[:1] or wanted.dtype != torch.int64:
        raise ValueError(f"ids {tuple(wanted.shape)} {wanted.dtype} are wanted of rows {tuple(x.shape)}")
    if len(wanted) and int(wanted.max()) >= len(weight):
        raise IndexError(f"id {int(wanted.max())} is wanted of {len(weight)}")
    kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
    learn = torch.is_grad_enabled() and any(one.requires_grad for one in (x, weight, bias))
    with torch.autocast("cpu", enabled=False):
        if learn:
            out: Tensor = _Nats.apply(x, weight, bias, wanted, smoothing, kind)
            return out
        return _run(x, weight, bias, wanted, smoothing, kind, (False, False, False))[0]


class _Nats(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, wanted: Tensor, smoothing: float, kind: torch.dtype
    ) -> Tensor:
        total, *slopes = _run(x, weight, bias, wanted, smoothing, kind, ctx.needs_input_grad[:3])
        ctx.save_for_backward(*slopes)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        return *(None if one is None else one * slope for one in ctx.saved_tensors), None, None, None


def _run(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    wanted: Tensor,
    smoothing: float,
    kind: torch.dtype,
    asked: tuple[bool, ...],
) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor | None]:
    """Return the sum of the nats and its gradients with respect to x, weight and bias, where they are asked for."""
    library = native()
    assert library is not None
    to_x = torch.empty_like(x) if asked[0] else None
    to_weight = torch.zeros_like(weight) if asked[1] else None
    to_bias = torch.zeros_like(bias) if asked[2] else None
    halves = [one.detach().to(kind) for one in (x, weight, bias)]
    rows, ids, learn = len(x), len(weight), any(asked)
    wanted, lost = wanted.contiguous(), torch.empty(rows, dtype=torch.float64)
    # Every piece reads the weights and their slopes from end to end, and so is to be no smaller than they are.
    piece = max(HELD // ids, x.shape[1], 1)
    for start in range(0, rows, piece):
        here = slice(start, min(rows, start + piece))
        part = halves[0][here]
        logits = product.linear(part, *halves[1:]) if kind == torch.float32 else linear(part, *halves[1:])
        library.bind("nats", "piiipfipi")(
            *(logits.data_ptr(), KINDS[kind], len(part), ids, wanted[here].data_ptr(), smoothing, learn),
            *(lost[here].data_ptr(), torch.get_num_threads()),
        )
        if to_x is not None:
            to_x[here] = product.linear(logits, halves[1].t())
        if to_weight is not None:
            to_weight += product.linear(logits.t(), part.t())
        if to_bias is not None:
            to_bias += logits.sum(0, dtype=torch.float32)
    return lost.sum().float(), to_x, to_weight, to_bias
