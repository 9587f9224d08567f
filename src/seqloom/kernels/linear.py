"""Layers y = x W^T + b with weights packed once, as float32, bf16 or int8; see native/linear.h for what these mean.

    own = packed_linear(weight, bias, "int8")
    y = own(x)                                     # x [..., k] -> y [..., n]; without gradients

`rounded` is the plain form, the same numbers by torch's operations.
"""

import weakref
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import linear

from seqloom.kernels.decoder_step import DEEPEST, PRECISIONS, Precision
from seqloom.kernels.library import Library, native
from seqloom.kernels.paths import PATHS

SMALL = 1 << 22
"""Products of numbers below which one thread is quicker than two that wait for each other."""
QUICKER = 4
"""How many products of bytes take the time of one of floats: 350 and 100 a nanosecond on a core with VNNI."""


def usable(x: Tensor, weight: Tensor, bias: Tensor | None) -> bool:
    """Choose: True for the native layer over these tensors, False for the plain form, which says what is wrong with
    shapes that do not fit. Asked at every call, so quick."""
    if torch.is_grad_enabled() and (
        x.requires_grad or weight.requires_grad or (bias is not None and bias.requires_grad)
    ):
        return False
    if not (x.dtype == weight.dtype == torch.float32 and x.device.type == weight.device.type == "cpu"):
        return False
    if x.shape[-1:] != weight.shape[1:] or not x.numel():
        return False
    library = native()
    return library is not None and _whole(library) and not torch.is_autocast_enabled("cpu")


@cache
def _whole(library: Library) -> bool:
    return library.has(*PATHS["linear"].functions)


class PackedLayer:
    """Weights [n, k] and a bias [n] in the native library."""

    def __init__(self, library: Library, weight: Tensor, bias: Tensor | None, precision: Precision) -> None:
        self.n, self.k = weight.shape
        weight = weight.detach().contiguous()
        bias = None if bias is None else bias.detach().contiguous()
        self._small = SMALL * (QUICKER if held(precision, self.k) == "int8" else 1)
        make = library.bind("linear_new", "ppiii", "p")
        at = None if bias is None else bias.data_ptr()
        self._handle = make(weight.data_ptr(), at, self.n, self.k, PRECISIONS.index(held(precision, self.k)))
        self._run = library.bind("linear_run", "pppii")
        weakref.finalize(self, library.bind("linear_free", "p"), self._handle)

    def __call__(self, x: Tensor) -> Tensor:
        """Return y [..., n] of x [..., k], float32."""
        x = x.contiguous()
        y = x.new_empty(*x.shape[:-1], self.n)
        rows = x.numel() // self.k if self.k else 0
        threads = 1 if rows * self.n * self.k < self._small else torch.get_num_threads()
        self._run(self._handle, x.data_ptr(), y.data_ptr(), rows, threads)
        return y


def packed_layer(weight: Tensor, bias: Tensor | None, precision: Precision) -> PackedLayer:
    """Pack weights [n, k]; asked for only where `usable`."""
    library = native()
    assert library is not None
    return PackedLayer(library, weight, bias, precision)


def held(precision: Precision, k: int) -> Precision:
    """Return how a layer of k inputs is held: one that is too wide for int8 as float32."""
    return "float32" if precision == "int8" and k > DEEPEST else precision


def rounded(x: Tensor, weight: Tensor, bias: Tensor | None, precision: Precision) -> Tensor:
    """Return y [..., n] of x [..., k] in the arithmetic of a precision, whatever the type and device of the tensors."""
    precision = held(precision, weight.shape[1])
    if precision == "float32":
        return linear(x, weight, bias)
    if precision == "bf16":
        return linear(x, weight.bfloat16().to(weight.dtype), bias)
    (whole_x, step_x), (whole_w, step_w) = to_bytes(x), to_bytes(weight)
    y = (whole_x.double() @ whole_w.double().mT).to(x.dtype) * (step_x * step_w.squeeze(-1))
    return y if bias is None else y + bias


def to_bytes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Round each row of x [..., k] to whole numbers from -127 to 127; return them and the step [..., 1] of a row.

    A row with a NaN or an infinity has NaN for its step.
    """
    size = x.abs().amax(-1, keepdim=True) if x.shape[-1] else x.new_zeros(*x.shape[:-1], 1)
    tiny, sound = size < 1e-30, size <= 3e38
    usual = sound & ~tiny
    rate = torch.where(usual, torch.full_like(size, 127) / size, 0)
    whole = torch.where(usual, (x * rate).round(), 0)
    return whole, torch.where(usual, size / 127, torch.where(tiny, torch.zeros_like(size), torch.nan))
