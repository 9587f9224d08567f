"""The engine of recurrent decoders (decoders/recurrent.py): language models, those that start from a context vector,
and those that read by the wirings bahdanau, luong and gnmt with every score that remembers nothing.

A reader that remembers (coverage, location) and a head that copies are written by `search.py`.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.bridges.attention import AttentionReader
from seqloom.bridges.multihead import MultiHead
from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.mgu import MGU
from seqloom.cells.mingru import MinGRU
from seqloom.cells.minlstm import MinLSTM
from seqloom.cells.rnn import RNN
from seqloom.decoders.bahdanau import Bahdanau
from seqloom.decoders.gnmt import GNMT
from seqloom.decoders.luong import Luong
from seqloom.decoders.recurrent import RecurrentDecoder
from seqloom.heads.head import Head
from seqloom.heads.tokens import TokensHead
from seqloom.kernels.attend import Score
from seqloom.kernels.decoder_step import DEEPEST, Precision
from seqloom.kernels.library import Library
from seqloom.kernels.recurrent_step import (
    ADDITIVE,
    GIVEN,
    NOTHING,
    PRODUCTS,
    TYPES,
    WIRINGS,
    RecurrentMemory,
    Shape,
    Weight,
    pack,
)
from seqloom.layers.embedding import Dummy, Input, TokenEmbedding
from seqloom.layers.reader import Reader
from seqloom.memory import Memory
from seqloom.model import SequenceModel
from seqloom.state import tensors

FOLDED = 1 << 22
"""Floats up to which the gates of all tokens are worked out beforehand (16 MiB): letters, not words."""
NAMES = {Bahdanau: "bahdanau", Luong: "luong", GNMT: "gnmt"}


class RecurrentEngine:
    """A recurrent decoder with its weights packed."""

    def __init__(
        self, library: Library, decoder: RecurrentDecoder, target: Input, head: TokensHead, precision: Precision
    ) -> None:
        self._decoder, stack, wiring = decoder, decoder.stack, decoder.wiring
        table = _table(target)
        cells: list[Any] = [cell for _, _, cell in stack.each_cell()]
        reader = wiring.reader if wiring is not None else None
        form = _form(reader)
        residual, bottom = stack.residual_from - 1, cells[0]
        rows = bottom.size * _gates(bottom)
        letters = len(head.weight) * rows <= FOLDED and not (residual == 0 and bottom.input_size == bottom.size)
        self._given = reader is not None and not reader.asks
        shape = Shape(
            type=TYPES.index(_type(bottom)),
            size=stack.size,
            layers=len(cells),
            residual_from=residual,
            vocabulary=len(head.weight),
            width=table.shape[1],
            tables=len(table) == 1,
            wiring=WIRINGS.index("" if wiring is None else NAMES[type(wiring)]),
            feeds=isinstance(wiring, Luong) and wiring.feed,
            reads=NOTHING if reader is None else GIVEN if self._given else PRODUCTS if form.v is None else ADDITIVE,
            asks=form.weight is not None,
            heads=reader.heads if isinstance(reader, MultiHead) else 1,
            key_size=_key_size(reader, form),
            value_size=_value_size(reader),
            context=0 if reader is None else reader.output_size,
            gives=isinstance(reader, MultiHead),
            adapted=head.weight.shape[1] if isinstance(head.adapt, nn.Linear) else 0,
            folded=letters,
        )
        weights = [*_of_cells(cells, table.shape[1] if letters else 0)]
        if form.weight is not None:
            weights.append((form.weight, form.bias))
        if isinstance(reader, MultiHead):
            weights.append((reader.out.weight, reader.out.bias))
        if isinstance(wiring, Bahdanau | Luong):
            weights.append((wiring.out.weight, wiring.out.bias))
        if isinstance(head.adapt, nn.Linear):
            weights.append((head.adapt.weight, head.adapt.bias))
        weights.append((head.weight, head.bias))
        folded = _folded(bottom, table, len(head.weight)) if letters else None
        self.step = pack(library, shape, table, folded, form.v, form.factor, weights, precision)

    def read(self, memory: Memory | None, steps: int) -> RecurrentMemory:
        """Return what rows start from and read."""
        decoder = self._decoder
        like = decoder.stack.cell(0, "forwards")
        x = next(like.parameters()).new_zeros(1 if memory is None else len(memory.mask), 1)
        wiring = decoder.wiring
        state: Any = decoder.begin(x, memory)
        if wiring is not None and memory is not None:
            state = {"stack": state, **{k: v for k, v in wiring.start(x, memory).items() if k == "fed"}}
        start = torch.cat([part.float() for part in tensors(state)], 1)
        if wiring is None or memory is None:
            return RecurrentMemory(start)
        if self._given:
            return RecurrentMemory(start, values=memory.summary)
        keys = decoder.keys(memory)
        if isinstance(wiring.reader, MultiHead):
            flat = {name: keys[name].transpose(1, 2).flatten(2) for name in ("keys", "values")}  # [.., source, size]
            return RecurrentMemory(start, memory.mask, flat["keys"], flat["values"])
        return RecurrentMemory(start, memory.mask, keys["keys"], memory.outputs)


def recurrent_engine(library: Library, model: SequenceModel, head: Head, precision: Precision) -> RecurrentEngine | str:
    """Pack the decoder of a model whose `head` writes, or say why it cannot be."""
    decoder, target = model.decoder, model.target
    if type(decoder) is not RecurrentDecoder or target is None:
        return "no engine for this decoder"
    if type(head) is not TokensHead:
        return f"no engine for a head of kind {type(head).__name__.removesuffix('Head').lower()}"
    if type(target) not in (TokenEmbedding, Dummy):
        return f"no engine for a target that is read by {type(target).__name__}"
    cell = decoder.stack.cell(0, "forwards")
    if not _type(cell):
        return f"no engine for cells of kind {type(cell).__name__}"
    wiring = decoder.wiring
    if wiring is not None and type(wiring) not in NAMES:
        return f"no engine for the wiring {type(wiring).__name__}"
    reader = wiring.reader if wiring is not None else None
    if reader is not None and (reader.remembers or not _known(reader)):
        return f"no engine for a recurrent decoder that reads by {type(reader).__name__}" + (
            ", which remembers what it read" if reader.remembers else ""
        )
    widest = max(weight.shape[-1] for weight in (*decoder.parameters(), head.weight))
    if precision == "int8" and widest > DEEPEST:
        return f"a layer of {widest} inputs is too wide for int8"
    return RecurrentEngine(library, decoder, target, head, precision)


def _type(cell: Any) -> str:
    """Return the name in TYPES of a cell; "" where it has none."""
    kind = type(cell)
    if kind is RNN:
        return f"rnn_{cell.activation}"
    if kind is GRU:
        return "gru" if cell.reset == "after" else "gru_before"
    if kind in (MinGRU, MinLSTM):
        return kind.__name__.lower() + ("_positive" if cell.candidate == "positive" else "")
    return {LSTM: "lstm", MGU: "mgu"}.get(kind, "")


def _known(reader: Reader) -> bool:
    asks = type(reader) is MultiHead or (isinstance(reader, AttentionReader) and reader.form() is not None)
    return asks or not reader.asks


def _form(reader: Reader | None) -> Score:
    """Return how a reader scores; of one that asks nothing, nothing."""
    if isinstance(reader, MultiHead):
        width = reader.key.out_features // reader.heads
        return Score(reader.query.weight, reader.query.bias, factor=reader.factor * width**-0.5)
    form = reader.form() if isinstance(reader, AttentionReader) else None
    return Score() if form is None else form


def _key_size(reader: Reader | None, form: Score) -> int:
    if form.weight is not None:
        return len(form.weight)
    return reader.query_size if isinstance(reader, AttentionReader) else 0


def _value_size(reader: Reader | None) -> int:
    if isinstance(reader, MultiHead):
        return reader.value.out_features
    return 0 if reader is None else reader.output_size


def _gates(cell: Any) -> int:
    """Return how many gates read x."""
    weight: Tensor = cell.w_ih if hasattr(cell, "w_ih") else cell.w
    return len(weight) // cell.size


def _table(target: Input) -> Tensor:
    """Return what each token is, [vocabulary, width]; [1, width] where all are the same."""
    if isinstance(target, Dummy):
        return target.vector.detach()[None]
    table = getattr(target, "table", None)
    if isinstance(table, nn.Embedding):
        return table.weight.detach()
    count: int = target.vocabulary  # type: ignore[assignment]
    with torch.no_grad():
        vectors: Tensor = target(torch.arange(count)[None])[0]
    return vectors


def _of_x(cell: Any) -> tuple[Tensor, Tensor]:
    """Return the weights of x and all biases of the gates, but for those of a candidate's h that stand apart."""
    if not hasattr(cell, "w_ih"):
        return cell.w, cell.b
    return cell.w_ih, cell.b_ih


def _of_cells(cells: list[Any], known: int) -> Iterator[Weight]:
    """Yield the weights of each layer; the first `known` inputs of the bottom one are folded, and its bias."""
    for number, cell in enumerate(cells):
        weight, bias = _of_x(cell)
        if number == 0 and known:
            rest = weight[:, known:]
            yield rest if rest.shape[1] else None, None
        else:
            yield weight, bias
        if not hasattr(cell, "w_ih"):
            continue
        ready = len(cell.w_hh) - (cell.size if _type(cell) in ("gru_before", "mgu") else 0)
        yield cell.w_hh[:ready], cell.b_hh[:ready]
        if ready < len(cell.w_hh):
            yield cell.w_hh[ready:], cell.b_hh[ready:]


def _folded(cell: Any, table: Tensor, vocabulary: int) -> Tensor:
    """Return what the gates of the bottom layer get of each token, [vocabulary, gates * size]."""
    weight, bias = _of_x(cell)
    with torch.no_grad():
        return (table @ weight[:, : table.shape[1]].T + bias).expand(vocabulary, -1)
