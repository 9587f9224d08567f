"""The packed step of a recurrent decoder, and what it reads. It knows tensors alone; who knows the model lists them
(`decoding/recurrent_engine.py`)."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from seqloom.kernels.decoder_step import PRECISIONS, DecoderStep, Precision
from seqloom.kernels.library import Library

Weight = tuple[Tensor | None, Tensor | None]
"""A weight and its bias; a weight of nothing is None."""
TYPES = (
    "rnn_tanh",
    "rnn_relu",
    "lstm",
    "gru",
    "mingru",
    "mingru_positive",
    "minlstm",
    "minlstm_positive",
    "gru_before",
    "mgu",
)
"""Cells, in the order of native/cell_math.h."""
WIRINGS = ("", "bahdanau", "luong", "gnmt")
NOTHING, GIVEN, ADDITIVE, PRODUCTS = range(4)
"""How a source is read: not at all; as one vector, whatever is asked; by v . tanh(q + k); by q . k."""


@dataclass(frozen=True)
class Shape:
    """What a decoder is, in the order of native/recurrent_step.cpp.

    type           the place of its cell in TYPES
    residual_from  layers from this one on (0 is the bottom) add what they read
    width, tables  of the embedding; whether all tokens share one vector
    wiring, feeds  the place in WIRINGS; whether what was found goes to the next step
    reads          how a source is read; `asks`: the query is projected; `gives`: what was mixed is projected
    key_size, value_size   of all heads together
    context        width of what is read
    adapted        width that the last hidden vector is projected to, 0 where it is not
    folded         what the bottom layer's gates get of each token is worked out beforehand
    """

    type: int
    size: int
    layers: int
    residual_from: int
    vocabulary: int
    width: int
    tables: bool
    wiring: int
    feeds: bool
    reads: int
    asks: bool
    heads: int
    key_size: int
    value_size: int
    context: int
    gives: bool
    adapted: int
    folded: bool


def pack(
    library: Library,
    shape: Shape,
    table: Tensor,
    folded: Tensor | None,
    score: Tensor | None,
    factor: float,
    weights: Sequence[Weight],
    precision: Precision,
) -> DecoderStep:
    """Pack weights, float32 on the CPU.

    `table` [vocabulary, width] (or [1, width]) is what each token is. `folded` [vocabulary, gates * size] is what the
    bottom layer's gates get of it, their bias with it. `score` [key_size] is the v of the additive score, and `factor`
    multiplies products of queries and keys. `weights` are, of each layer, those of x (of a folded layer without the
    columns of the embedding and without a bias), of h and of what waits for a gate, where the cell has them; then those
    of the query, of what was mixed, of the wiring's output and of the adapting layer, where there are such; then the
    logits.
    """
    told = torch.tensor([*(int(getattr(shape, one.name)) for one in fields(shape)), PRECISIONS.index(precision)])
    held = [None if tensor is None else tensor.detach().contiguous() for pair in weights for tensor in pair]
    places = torch.tensor([0 if tensor is None else tensor.data_ptr() for tensor in held])
    table = table.detach().contiguous()
    others = [None if tensor is None else tensor.detach().contiguous() for tensor in (folded, score)]
    make = library.bind("recurrent_new", "ppppfp", "p")
    given = [None if tensor is None else tensor.data_ptr() for tensor in others]
    handle = make(told.data_ptr(), table.data_ptr(), *given, factor, places.data_ptr())
    return DecoderStep(library, handle, shape.vocabulary, (table,))


class _Memory(ctypes.Structure):
    _fields_ = [
        ("start", ctypes.c_void_p),
        ("starts", ctypes.c_int64),
        ("source", ctypes.c_int64),
        ("count", ctypes.c_void_p),
        ("seen", ctypes.c_void_p),
        ("keys", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
    ]


class RecurrentMemory:
    """What the rows of a recurrent step start from and read, and where it lies.

    start   [sentences, state], or [1, state] for all: h (and c) of each layer, bottom first, and what is fed first
    mask    [sentences, source], True where there is data
    keys    [sentences, source, key_size]
    values  [sentences, source, value_size]; or [sentences, context], what is given whatever is asked
    """

    def __init__(
        self, start: Tensor, mask: Tensor | None = None, keys: Tensor | None = None, values: Tensor | None = None
    ) -> None:
        mask = torch.ones(len(start), 0, dtype=torch.bool) if mask is None else mask
        count = mask.sum(1)
        seen = (~mask).to(torch.int8).argsort(dim=1, stable=True)  # the places that hold data first
        given = [None if tensor is None else tensor.detach().contiguous() for tensor in (start, keys, values)]
        self._kept = (*given, count, seen)
        at, at_keys, at_values = (None if tensor is None else tensor.data_ptr() for tensor in given)
        self._told = _Memory(at, len(start), mask.shape[1], count.data_ptr(), seen.data_ptr(), at_keys, at_values)

    @property
    def handle(self) -> int:
        """Where it lies, for the native functions."""
        return ctypes.addressof(self._told)
