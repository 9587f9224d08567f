"""The packed Transformer encoder over a whole batch. It knows tensors alone; who knows the model lists them
(`layers/packed_stack.py`).

Padding is not computed, and what is held beside the answer is five numbers for each of its own.
"""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from seqloom.kernels.decoder_step import PRECISIONS, Precision
from seqloom.kernels.eager import eager
from seqloom.kernels.library import native
from seqloom.kernels.linear import QUICKER
from seqloom.kernels.paths import PATHS
from seqloom.kernels.transformer_step import Weight

SHARED = 1 << 25
"""Products of numbers from which on threads share a batch: below it one thread is quicker than two that wait for each
other twice a layer."""


@dataclass(frozen=True)
class EncoderShape:
    """What an encoder is, in the order of native/encoder.cpp.

    pre, gelu, rotary   norms come before parts; gelu, not relu; queries and keys are turned
    adapts              the input is projected to `size`
    """

    input: int
    size: int
    layers: int
    heads: int
    inner: int
    pre: bool
    gelu: bool
    rotary: bool
    adapts: bool

    @property
    def work(self) -> int:
        """Products of numbers for one step, those of attention aside."""
        each = 4 * self.size * self.size + 2 * self.size * self.inner
        return self.layers * each + self.adapts * self.input * self.size


def usable(x: Tensor, mask: Tensor) -> bool:
    """Choose: True for the native encoder over x [batch, time, input] under mask [batch, time]."""
    library = native()
    return (
        library is not None
        and not torch.is_grad_enabled()
        and x.dtype == torch.float32
        and mask.dtype == torch.bool
        and x.device.type == mask.device.type == "cpu"
        and x.dim() == 3
        and mask.shape == x.shape[:2]
        and not torch.is_autocast_enabled("cpu")
        and library.has(*PATHS["encoder"].functions)
        and eager()
    )


class PackedEncoder:
    """Weights of a Transformer encoder in the native library, float32 on the CPU as they are given.

    `weights` are those of the adapting layer (if there is one); of each layer query, key, value, out, norm, up, down,
    norm; then of the last norm (if norms come before). The input is multiplied by `scale`.
    """

    def __init__(self, shape: EncoderShape, scale: float, weights: Sequence[Weight], precision: Precision) -> None:
        library = native()
        assert library is not None
        self.library, self.shape = library, shape
        self._shared = SHARED * (QUICKER if precision == "int8" else 1)
        told = torch.tensor([*(int(getattr(shape, one.name)) for one in fields(shape)), PRECISIONS.index(precision)])
        kept = [tensor.detach().contiguous() if tensor is not None else None for pair in weights for tensor in pair]
        places = torch.tensor([0 if tensor is None else tensor.data_ptr() for tensor in kept])
        self._handle = library.bind("encoder_new", "pfp", "p")(told.data_ptr(), scale, places.data_ptr())
        self._run = library.bind("encoder_run", "ppppiipi")
        weakref.finalize(self, library.bind("encoder_free", "p"), self._handle)

    def __call__(self, x: Tensor, mask: Tensor, positions: Tensor | None) -> Tensor:
        """Return [batch, time, size], zeros on padding, of x [batch, time, input]; asked for only where `usable`.

        `positions` [time or more, size] are added to each step; with rotary the cosines and the sines of each step,
        side by side; None: nothing is added.
        """
        x, mask = x.contiguous(), mask.contiguous()
        batch, time, _ = x.shape
        out = x.new_empty(batch, time, self.shape.size)
        threads = torch.get_num_threads() if batch * time * self.shape.work >= self._shared else 1
        at = None if positions is None else positions.data_ptr()
        self._run(self._handle, x.data_ptr(), mask.data_ptr(), at, batch, time, out.data_ptr(), threads)
        return out
