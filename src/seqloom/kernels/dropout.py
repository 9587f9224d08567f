"""Dropout (Srivastava et al. 2014) from cheap noise: 16 random bits a number, made where they are needed.

torch draws one number after the other from its generator: a sixth of a Transformer's step in bf16. Here the generator
gives one seed a call, and the noise is a function of the seed and the place (SplitMix64, see native/noise.h). The
backward pass makes it again, so none is kept. The native form and the plain one make the same noise, so that a run goes
on to the same numbers wherever it is resumed. A share of 0.1 is 6554 of 65536, and what stays is scaled by just that.

A GPU keeps torch's, as does what is traced, compiled or transformed.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from seqloom.kernels.eager import eager
from seqloom.kernels.library import Library, native

GOLDEN, FIRST, SECOND = -0x61C8864680B583EB, -0x40A7B892E31B1A47, -0x6B2FB644ECCEEE15
"""Constants of SplitMix64, as signed numbers."""
STEPS = 1 << 16
KINDS = {torch.float32: 0, torch.bfloat16: 1}
"""Types that the native form knows, and their numbers there."""
FUNCTIONS = {"relu": 0, "gelu": 1}
SHARED = 1 << 17
"""Numbers from which on threads share them."""


@dataclass(frozen=True)
class Noise:
    """Where noise comes from: a seed, what is dropped of 65536, and what the rest is multiplied by."""

    seed: int
    threshold: int
    scale: float

    def like(self, x: Tensor) -> Tensor:
        """Return the factors of every number of x, 0 or the scale, in its shape, float64 for such and else float32."""
        words = torch.arange(1, -(-x.numel() // 4) + 1, dtype=torch.int64) * GOLDEN + self.seed
        words = (words ^ _shifted(words, 30)) * FIRST
        words = (words ^ _shifted(words, 27)) * SECOND
        words = words ^ _shifted(words, 31)
        bits = words.view(torch.int16)[: x.numel()].to(torch.int32) & (STEPS - 1)
        wide = torch.float64 if x.dtype == torch.float64 else torch.float32
        return (bits >= self.threshold).to(wide).mul_(self.scale).view(x.shape)


def drawn(share: float) -> Noise:
    """Draw noise that drops a share, from torch's generator of the CPU."""
    threshold = min(STEPS, round(share * STEPS))
    seed = int(torch.empty((), dtype=torch.int64).random_())
    return Noise(seed, threshold, 0.0 if threshold == STEPS else STEPS / (STEPS - threshold))


def dropout(x: Tensor, share: float, training: bool = True) -> Tensor:
    """Return x with a share of its numbers set to zero, the rest scaled up to the same mean; x itself if not training.

    x of any shape and type.
    """
    if not training or not share:
        return x
    if not ours(x):
        return functional.dropout(x, share)
    noise = drawn(share)
    if not usable(x):
        return (x * noise.like(x)).to(x.dtype)
    out: Tensor = _Dropout.apply(x, None, noise)
    return out


def add_dropped(x: Tensor, y: Tensor, share: float, training: bool = True) -> Tensor:
    """Return x + dropout(y), of one shape: what goes round a part and what comes out of it."""
    if not training or not share:
        return x + y
    if not ours(x) or not ours(y) or x.shape != y.shape:
        return x + functional.dropout(y, share)
    noise = drawn(share)
    if not usable(x) or not usable(y):
        return (x + y * noise.like(y)).to(torch.promote_types(x.dtype, y.dtype))
    out: Tensor = _Dropout.apply(y, x, noise)
    return out


def activate(x: Tensor, kind: Literal["relu", "gelu"], share: float, training: bool = True) -> Tensor:
    """Return dropout(f(x)) with f the rectifier or the exact GELU (Hendrycks & Gimpel 2016, arXiv:1606.08415)."""
    share = share if training else 0.0
    if ours(x) and usable(x):
        out: Tensor = _Activate.apply(x, FUNCTIONS[kind], drawn(share) if share else Noise(0, 0, 1.0))
        return out
    return dropout(functional.gelu(x) if kind == "gelu" else x.relu(), share)


def ours(x: Tensor) -> bool:
    """Whether the noise is that of this file, by either form."""
    return x.device.type == "cpu" and eager()


def usable(x: Tensor) -> bool:
    """Choose: True for the native form, False for the plain one of the same noise."""
    library = native()
    return x.dtype in KINDS and library is not None and library.has("dropout", "activate", "activate_backward")


def _library(x: Tensor) -> tuple[Library, int]:
    """Return the library and how many threads are to share x."""
    library = native()
    assert library is not None
    return library, torch.get_num_threads() if x.numel() >= SHARED else 1


def _drop(x: Tensor, beside: Tensor | None, dtype: torch.dtype, noise: Noise) -> Tensor:
    x, beside = x.contiguous(), None if beside is None else beside.contiguous()
    library, threads = _library(x)
    out = torch.empty(x.shape, dtype=dtype)
    library.bind("dropout", "pipipiiiifi")(
        *(x.data_ptr(), KINDS[x.dtype]),
        *((None, 0) if beside is None else (beside.data_ptr(), KINDS[beside.dtype])),
        *(out.data_ptr(), KINDS[dtype], x.numel(), noise.seed, noise.threshold, noise.scale, threads),
    )
    return out


class _Dropout(torch.autograd.Function):
    """x noise + beside; their gradients are the slope times the noise, and the slope."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, beside: Tensor | None, noise: Noise) -> Tensor:
        ctx.noise, ctx.types = noise, (x.dtype, None if beside is None else beside.dtype)
        return _drop(x, beside, x.dtype if beside is None else torch.promote_types(x.dtype, beside.dtype), noise)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        to_x = _drop(slope, None, ctx.types[0], ctx.noise) if ctx.needs_input_grad[0] else None
        return to_x, slope.to(ctx.types[1]) if ctx.needs_input_grad[1] else None, None


class _Activate(torch.autograd.Function):
    """f(x) noise; backward reads x once more."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, which: int, noise: Noise) -> Tensor:
        x = x.contiguous()
        ctx.save_for_backward(x)
        ctx.which, ctx.noise = which, noise
        library, threads = _library(x)
        out = torch.empty_like(x)
        library.bind("activate", "ppiiiiifi")(
            *(x.data_ptr(), out.data_ptr(), KINDS[x.dtype], which, x.numel()),
            *(noise.seed, noise.threshold, noise.scale, threads),
        )
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        (x,), noise, slope = ctx.saved_tensors, ctx.noise, slope.contiguous()
        library, threads = _library(x)
        out = torch.empty_like(x)
        library.bind("activate_backward", "pppiiiiifi")(
            *(slope.data_ptr(), x.data_ptr(), out.data_ptr(), KINDS[x.dtype], ctx.which, x.numel()),
            *(noise.seed, noise.threshold, noise.scale, threads),
        )
        return out, None, None


def _shifted(words: Tensor, places: int) -> Tensor:
    """Shift to the right as if there were no sign."""
    return (words >> places) & ((1 << 64 - places) - 1)
