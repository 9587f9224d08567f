"""Products of float32 matrices where torch's own leave half of the processor idle.

torch multiplies float32 by MKL, which takes no AVX-512 on processors that Intel did not make: 92 GFLOP/s on one core
of an AMD EPYC (Zen 5), where the native product reaches 180 to 205. A product of few rows is left to torch: packing
the weights would cost more than it saves.
"""

from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.kernels.again import differentiated
from seqloom.kernels.eager import eager
from seqloom.kernels.library import Library, native

ROWS = 32
"""Rows from which on packing pays."""
WORK = 1 << 20
"""Multiplications from which on a product is worth a call."""
SHARED = 1 << 22
"""Multiplications from which on threads share a product."""
CPUINFO = Path("/proc/cpuinfo")


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x W^T + b, as torch.nn.functional.linear: x [..., k], weight [n, k], bias [n] -> [..., n]."""
    if not usable(x, weight, bias):
        return functional.linear(x, weight, bias)
    given = (x, weight) if bias is None else (x, weight, bias)
    if torch.is_grad_enabled() and any(one.requires_grad for one in given):
        out: Tensor = _Linear.apply(x, weight, bias)
        return out
    return _linear(x, weight, bias)


def usable(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> bool:
    """Choose: True for the native product, False for torch's."""
    rows, work = x.numel() // max(1, x.shape[-1]), x.numel() * weight.shape[0]
    return (
        rows >= ROWS
        and work >= WORK
        and weight.shape[1:] == x.shape[-1:]  # torch says what is wrong with other shapes
        and (bias is None or bias.shape == weight.shape[:1])
        and not torch.is_autocast_enabled("cpu")
        and all(_plain(one) for one in (x, weight, bias) if one is not None)
        and pays()
        and eager()
    )


def pays() -> bool:
    """Whether the native product is the faster one on this processor, and is there."""
    return not why_not()


def why_not() -> str:
    """Say why products are torch's on this machine; empty where the native one pays."""
    library = native()
    if library is None or not library.has("matrix"):
        return "no native library that has it"
    if library.level == "avx2":
        return "it pays from AVX-512 on"
    return "torch's own take AVX-512 on a processor of Intel's" if _intel() else ""


def multiply(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return a [rows, k] b [k, n] (+ bias [n]), float32 on the CPU, by the native product whatever their strides.

    Transposed views are not copied. Without a gradient; who calls it has asked `pays()`.
    """
    library = native()
    assert library is not None
    return product(library, a, b, bias)


def product(library: Library, a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply by a library at hand."""
    (rows, k), n = a.shape, b.shape[1]
    out = a.new_empty(rows, n)
    bias = None if bias is None else bias.contiguous()
    threads = torch.get_num_threads() if rows * n * k >= SHARED else 1
    library.bind("matrix", "piipiippiiiii")(
        *(a.data_ptr(), a.stride(0), a.stride(1)),
        *(b.data_ptr(), b.stride(1), b.stride(0)),
        *(None if bias is None else bias.data_ptr(), out.data_ptr(), rows, n, k, 0, threads),
    )
    return out


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return multiply(x.reshape(-1, x.shape[-1]), weight.t(), bias).view(*x.shape[:-1], weight.shape[0])


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _linear(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        if torch.is_grad_enabled():
            to_bias = slope.reshape(-1, slope.shape[-1]).sum(0) if ctx.needs_input_grad[2] else None
            to_x, to_weight = differentiated(lambda x, weight: [functional.linear(x, weight)], (x, weight), (slope,))
            return to_x, to_weight, to_bias
        flat = slope.reshape(-1, slope.shape[-1])
        to_x = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            to_x = multiply(flat, weight).view(x.shape)
        if ctx.needs_input_grad[1]:
            to_weight = multiply(flat.t(), x.reshape(-1, x.shape[-1]))
        if ctx.needs_input_grad[2]:
            to_bias = flat.sum(0)
        return to_x, to_weight, to_bias


def _plain(x: Tensor) -> bool:
    return x.dtype is torch.float32 and x.device.type == "cpu" and x.layout is torch.strided


@cache
def _intel() -> bool:
    try:
        return "GenuineIntel" in CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False
