"""Native linear recurrences: h_t = a_t h_{t-1} + b_t, and those of minGRU and minLSTM with their gates on the way.

One pass over the steps, forwards and backwards, where the plain form (ops/scan.py and the cells) makes several: what
lies between the product with the input and h is computed again in the backward pass and never stored. In float32;
from half precision it is converted, and goes back. The plain form stays for float64, for a GPU and without a library.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from seqloom.kernels.library import native
from seqloom.kernels.paths import on

SMALL = 1 << 15
"""Numbers below which one thread is quicker than two that wait for each other."""
HALVES = (torch.float32, torch.bfloat16, torch.float16)


def usable(*tensors: Tensor) -> bool:
    """Choose: True for the native recurrence over these tensors, False for the plain form."""
    return all(one.device.type == "cpu" and one.dtype in HALVES for one in tensors) and on("scan")


def scan(a: Tensor, b: Tensor, start: Tensor) -> Tensor:
    """Return every h_t: a and b [batch, time, size], start [batch, size] -> [batch, time, size]."""
    start = start.expand(b.shape[0], b.shape[2])  # torch says what is wrong with other shapes
    h: Tensor = _Scan.apply(a.expand_as(b).float(), b.float(), start.float())
    return h.to(b.dtype)


def mingru(x: Tensor, start: Tensor, positive: bool) -> Tensor:
    """Return every h_t of minGRU: x [batch, time, 2 * size] are z and n before their functions, start [batch, size]."""
    start = start.expand(x.shape[0], x.shape[2] // 2)
    h: Tensor = _Gated.apply(x.float(), start.float(), "mingru", positive)
    return h.to(x.dtype)


def minlstm(x: Tensor, start: Tensor, positive: bool) -> Tensor:
    """Return every h_t of minLSTM: x [batch, time, 3 * size] are f, i and n before their functions."""
    start = start.expand(x.shape[0], x.shape[2] // 3)
    h: Tensor = _Gated.apply(x.float(), start.float(), "minlstm", positive)
    return h.to(x.dtype)


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, start: Tensor) -> Tensor:
        a, b, start = a.contiguous(), b.contiguous(), start.contiguous()
        h = torch.empty_like(b)
        _call("scan_forward", [a, b, start, h], h, [])
        ctx.save_for_backward(a, start, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, start, h = ctx.saved_tensors
        slopes = torch.empty_like(h), torch.empty_like(h), torch.empty_like(start)
        _call("scan_backward", [a, h, start, h, grad.contiguous(), *slopes], h, [])  # b itself is not needed
        return slopes


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, start: Tensor, kind: str, positive: bool) -> Tensor:
        x, start = x.contiguous(), start.contiguous()
        h = x.new_empty(*x.shape[:2], start.shape[1])
        _call(f"{kind}_forward", [x, start, h], h, [int(positive)])
        ctx.save_for_backward(x, start, h)
        ctx.kind, ctx.positive = kind, positive
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        x, start, h = ctx.saved_tensors
        slopes = torch.empty_like(x), torch.empty_like(start)
        _call(f"{ctx.kind}_backward", [x, start, h, grad.contiguous(), *slopes], h, [int(ctx.positive)])
        return *slopes, None, None


def _call(name: str, tensors: list[Tensor], h: Tensor, options: list[int]) -> None:
    library = native()
    assert library is not None
    threads = torch.get_num_threads() if h.numel() >= SMALL else 1
    numbers = [*h.shape, *options, threads]
    function = library.bind(name, "p" * len(tensors) + "i" * len(numbers))
    function(*(one.data_ptr() for one in tensors), *numbers)
