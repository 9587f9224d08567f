"""Attention asked the same thing in several ways: what is given, the answer with all gradients, the open form."""

import torch
from torch import Tensor

from seqloom.kernels.dropout import drawn
from seqloom.ops.attend import weights


def made(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value as projections leave them: slices of a wider tensor, heads beside one another."""
    batch, count, target, source, size = shape
    whole = [torch.randn(batch, time, 3 * count * size).to(dtype).requires_grad_() for time in (target, source, source)]
    parts = [one.chunk(3, -1)[place] for place, one in enumerate(whole)]
    query, key, value = (part.unflatten(-1, (count, size)).transpose(1, 2) for part in parts)
    return query, key, value


def run(given: tuple[Tensor, ...], way: object) -> list[Tensor]:
    """The answer and the gradients of all that is given, the noise from one seed."""
    assert callable(way)
    torch.manual_seed(3)
    out = way(*given)
    slope = torch.linspace(-1, 2, out.numel()).view(out.shape).to(out.dtype)
    return [out.detach(), *torch.autograd.grad(out, given, slope)]


def opened(query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None, causal: bool, drop: float) -> Tensor:
    """Attention by single operations, with the noise of a seed drawn as in the native form."""
    weight = weights(query, key, visible, causal)
    return (weight * drawn(drop).like(weight) if drop else weight) @ value
