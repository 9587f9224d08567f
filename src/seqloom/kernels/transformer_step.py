"""The packed step of a Transformer decoder, and what it reads. It knows tensors alone; who knows the model lists them
(`decoding/transformer_engine.py`)."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from seqloom.kernels.decoder_step import PRECISIONS, DecoderStep, Precision
from seqloom.kernels.library import Library

Weight = tuple[Tensor, Tensor | None]
"""A weight and its bias."""


@dataclass(frozen=True)
class Shape:
    """What a decoder is, in the order of native/transformer_step.cpp.

    pre, gelu, rotary     norms come before parts; gelu, not relu; queries and keys are turned
    reads, asks           a source is read; the query to it is projected
    read_heads, key_size, value_size   of a reader; the sizes are those of all its heads together
    adapted               width that the last hidden vector is projected to, 0 where it is not
    """

    size: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    pre: bool
    gelu: bool
    rotary: bool
    reads: bool
    asks: bool
    read_heads: int
    key_size: int
    value_size: int
    adapted: int


def pack(
    library: Library,
    shape: Shape,
    table: Tensor,
    scale: float,
    read_factor: float,
    weights: Sequence[Weight],
    precision: Precision,
) -> DecoderStep:
    """Pack weights, float32 on the CPU.

    `table` [vocabulary, size] is what each token is at the bottom, before `scale`; scores of a reader are q . k times
    `read_factor`. `weights` are those of each layer: query, key, value, out, norm; ask (if it asks), give and norm
    (if it reads); up, down, norm; then the last norm (if norms come before), the adapting layer (if there is one), and
    the logits.
    """
    told = torch.tensor([*(int(getattr(shape, one.name)) for one in fields(shape)), PRECISIONS.index(precision)])
    kept = [tensor.detach().contiguous() if tensor is not None else None for pair in weights for tensor in pair]
    places = torch.tensor([0 if tensor is None else tensor.data_ptr() for tensor in kept])
    table = table.detach().contiguous()
    make = library.bind("transformer_new", "ppffp", "p")
    handle = make(told.data_ptr(), table.data_ptr(), scale, read_factor, places.data_ptr())
    return DecoderStep(library, handle, shape.vocabulary, (table,))


class _Memory(ctypes.Structure):
    _fields_ = [
        ("positions", ctypes.c_void_p),
        ("source", ctypes.c_int64),
        ("count", ctypes.c_void_p),
        ("seen", ctypes.c_void_p),
        ("keys", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
        ("key_step", ctypes.c_int64),
        ("value_step", ctypes.c_int64),
    ]


class TransformerMemory:
    """What the rows of a Transformer step read, and where they stand.

    positions   [steps, size], added to each token; with rotary the cosines and the sines of each step, side by side;
                None: nothing is added
    mask        [sentences, source], True where there is data
    keys, values   of each layer, [sentences, source, size of all heads]; none where nothing is read
    """

    def __init__(
        self,
        positions: Tensor | None,
        mask: Tensor | None = None,
        keys: Sequence[Tensor] = (),
        values: Sequence[Tensor] = (),
    ) -> None:
        positions = None if positions is None else positions.contiguous()
        (keys, key_step), (values, value_step) = _laid(keys), _laid(values)
        places = torch.tensor([one.data_ptr() for one in (*keys, *values)], dtype=torch.long)
        mask = torch.ones(1, 0, dtype=torch.bool) if mask is None else mask
        count = mask.sum(1)
        seen = (~mask).to(torch.int8).argsort(dim=1, stable=True)  # the places that hold data first
        self._kept = (positions, places, count, seen, keys, values)
        self._told = _Memory(
            None if positions is None else positions.data_ptr(),
            mask.shape[1],
            count.data_ptr(),
            seen.data_ptr(),
            places.data_ptr(),
            places.data_ptr() + len(keys) * places.element_size(),
            key_step,
            value_step,
        )

    @property
    def handle(self) -> int:
        """Where it lies, for the native functions."""
        return ctypes.addressof(self._told)


def _laid(parts: Sequence[Tensor]) -> tuple[list[Tensor], int]:
    """Return parts [sentences, source, size] of which all places stand equally far apart, and how far: as they are
    where one tensor holds them side by side, else copied."""
    if not parts:
        return [], 0
    step = parts[0].stride(1)
    if all(one.stride() == (step * one.shape[1], step, 1) for one in parts):
        return list(parts), step
    return [one.contiguous() for one in parts], parts[0].shape[2]
