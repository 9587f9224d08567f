"""Attended: every attention of a model on one row, listened to by a Tape, with what its rows and columns are called.

    self   a step of a stack looks at the steps of the same stack        encoder and decoder Transformers
    cross  a step of a decoder looks at what was read                    the readers of bridges, of any score
    copy   a step of a copy head looks where to copy from
    fuse   the input beside looks at the first (row 1: its summary)
    pool   a head that reads a weighted mean of the steps                reads: attention

Memory is bounded: beyond DRAWN steps columns are added up in spans as they come, and self-attention, which would fill
[heads, time, time] at once, is worked out from its queries and keys some rows at a time.
"""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.encoders.fuse_attend import FuseAttend
from seqloom.encoders.fuse_concat import FuseConcat
from seqloom.explaining.rollout import entropy
from seqloom.explaining.subject import Axis, Subject, numbered
from seqloom.explaining.thinning import Floats, averaged, even, mapped, summed
from seqloom.explaining.view import DRAWN
from seqloom.heads.copy import CopyHead
from seqloom.layers.attention import SelfAttention
from seqloom.layers.reader import Reader
from seqloom.model import SequenceModel
from seqloom.ops.attend import weights as attention_weights
from seqloom.tape import Tape

Kind = Literal["self", "cross", "copy", "fuse", "pool"]
Spans = list[tuple[int, int]]
Rows = NDArray[np.float32]
ROOM = 1 << 20
"""Weights worked out at once from queries and keys."""
WHOLE = "(all)"
"""The row of a fuse that asks with the summary of what stands beside."""
SAID = {
    "self": "self-attention",
    "cross": "looking at what was read",
    "copy": "where to copy from",
    "fuse": "looking at the first input",
    "pool": "which steps count",
}


@dataclass(frozen=True, eq=False)
class Attended:
    """What one attention did.

    weights  [heads, rows, columns]; rows of a head sum to 1 (0 where nothing may be seen)
    nats     [heads, steps] entropy of every row, before anything was thinned
    seen     [steps] places that the row could choose among
    rows, columns                the names, of every step
    row_spans, column_spans      which steps a row, a column of `weights` stands for; None: each for itself
    """

    path: str
    kind: Kind
    weights: NDArray[np.float64]
    nats: NDArray[np.float64]
    seen: NDArray[np.int64]
    rows: Axis
    columns: Axis
    row_spans: Spans | None = None
    column_spans: Spans | None = None

    @property
    def thinned(self) -> bool:
        """Whether some row or column stands for several steps."""
        return self.row_spans is not None or self.column_spans is not None

    @property
    def title(self) -> str:
        """Say which part of the model it is."""
        return titled(self.path, self.kind)


def titled(path: str, kind: Kind) -> str:
    """Say which part of a model an attention is."""
    part, _, rest = path.partition(".")
    side = f"{part} {rest.split('.')[0]}" if part == "beside" else part
    layer, hop = re.search(r"\.blocks\.(\d+)\.", path), re.search(r"weights_(\d+)$", path)
    where = f" layer {int(layer[1]) + 1}" if layer else f" look {hop[1]}" if hop else ""
    return f"{side}{where}, {SAID[kind]}"


def attention_parts(model: SequenceModel) -> dict[str, Kind]:
    """Return the paths of all weights that a Tape can hear, in the order in which the model runs them."""
    found: dict[str, Kind] = {}
    for name, part in model.named_modules():
        if isinstance(part, SelfAttention):
            found[f"{name}.weights"] = "self"
        elif isinstance(part, CopyHead):
            found[f"{name}.weights"] = "copy"
        elif isinstance(part, Reader) and part.asks:
            found[f"{name}.weights"] = "cross"
        elif isinstance(part, FuseAttend):
            found |= {f"{name}.weights_{number}": "fuse" for number in range(1, len(part.hops) + 1)}
        elif name.startswith("heads.") and name.count(".") == 1 and getattr(part, "score", None) is not None:
            found[f"{name}.score"] = "pool"
    order = ("source", "beside", "encoder", "fuse", "target", "decoder", "heads")
    return dict(sorted(found.items(), key=lambda one: order.index(one[0].split(".")[0])))


def attended(subject: Subject) -> list[Attended]:
    """Run the model on the row and return what every attention in it did."""
    model = subject.run.model
    parts = attention_parts(model)
    long = max((len(axis) for axis in subject.axes.values()), default=0) > DRAWN
    apart = [path for path, kind in parts.items() if long and kind == "self"]  # worked out of its queries and keys
    listened = [path for path in parts if path not in apart]
    listened += [f"{path[:-8]}.{name}" for path in apart for name in ("query", "key")]
    with torch.no_grad(), _Gathering(model, tuple(listened), dict(parts)) as tape:
        subject.forward()
        for path in apart:
            tape.work_out(path, causal=path.startswith("decoder"))
    return [_made(subject, tape, path, kind) for path, kind in parts.items() if path in tape.rows]


class _Gathering(Tape):
    """A Tape that keeps of weights the first row of the batch, on the CPU, columns thinned as they come."""

    def __init__(self, model: SequenceModel, only: tuple[str, ...], kinds: dict[str, Kind]) -> None:
        super().__init__(model, only)
        self._kinds = kinds
        self.rows: dict[str, list[NDArray[np.float32]]] = {}
        self.nats: dict[str, list[NDArray[np.float64]]] = {}
        self.seen: dict[str, list[NDArray[np.int64]]] = {}
        self.wide: dict[str, int] = {}
        self.tall: dict[str, int] = {}

    def _met(self, path: str, value: Tensor, time: int | None, mask: Tensor | None) -> Tensor:
        if path not in self._kinds:  # a query or a key
            return super()._met(path, value, time, mask)
        kept = value[:1].detach()
        if self._kinds[path] == "pool":
            barred = torch.zeros_like(kept, dtype=torch.bool) if mask is None else ~mask[:1]
            lowest = torch.finfo(kept.dtype).min
            kept = kept.masked_fill(barred, lowest).softmax(-1).masked_fill(barred, 0)[:, None, None]
        self._keep(path, kept[0])
        return value

    def _keep(self, path: str, weights: Tensor) -> None:
        """File weights [heads, rows, columns] that follow those before."""
        found = weights.float()
        self._file(path, found.cpu().numpy(), *_told(found), found.shape[-1], found.shape[1])

    def _file(self, path: str, rows: Rows, nats: Floats, seen: NDArray[np.int64], wide: int, tall: int) -> None:
        self.nats.setdefault(path, []).append(nats)
        self.seen.setdefault(path, []).append(seen)
        self.wide[path] = max(self.wide.get(path, 0), wide)
        self.tall[path] = self.tall.get(path, 0) + tall
        if rows.shape[-1] > DRAWN:
            rows = summed(rows, even(rows.shape[-1], DRAWN), -1).astype(np.float32)
        self.rows.setdefault(path, []).append(rows)

    def work_out(self, path: str, *, causal: bool) -> None:
        """Work weights out of queries and keys, some rows at a time."""
        query, key = self[f"{path[:-8]}.query"][:1], self[f"{path[:-8]}.key"][:1]
        (heads, tall), source = query.shape[1:3], key.shape[2]
        spans, columns = even(tall, DRAWN), even(source, DRAWN)
        # All that is kept is made first: small arrays between large ones would keep memory from being given back.
        rows = np.empty((heads, len(spans), len(columns)), np.float32)
        nats, seen = np.empty((heads, tall)), np.empty(tall, np.int64)
        places = torch.arange(source, device=key.device)
        some = max(1, ROOM * len(spans) // max(1, heads * source * tall))
        for at in range(0, len(spans), some):
            chosen = spans[at : at + some]
            start, end = chosen[0][0], chosen[-1][1]
            visible = None
            if causal:
                visible = (places <= torch.arange(start, end, device=key.device)[:, None])[None, None]
            found = attention_weights(query[:, :, start:end], key, visible, False)[0].float()
            nats[:, start:end], seen[start:end] = _told(found)
            own = [(first - start, last - start) for first, last in chosen]
            rows[:, at : at + len(chosen)] = mapped(found.cpu().numpy(), own, columns)
        self._file(path, rows, nats, seen, source, tall)


def _told(weights: Tensor) -> tuple[Floats, NDArray[np.int64]]:
    """Return the entropy of each row [heads, rows, columns], and how many places it gives weight in some head."""
    return entropy(weights).double().cpu().numpy(), (weights > 0).sum(-1).amax(0).cpu().numpy()


def _made(subject: Subject, tape: _Gathering, path: str, kind: Kind) -> Attended:
    pieces, wide = tape.rows[path], tape.wide[path]
    most = max(piece.shape[-1] for piece in pieces)  # steps that are taken one by one see a past that grows
    weights = np.concatenate([np.pad(one, ((0, 0), (0, 0), (0, most - one.shape[-1]))) for one in pieces], 1)
    tall = tape.tall[path]
    rows, columns = _axes(subject, path, kind, tall, wide)
    row_spans = column_spans = None
    if wide > DRAWN:
        column_spans = even(wide, DRAWN)
    if tall > DRAWN:
        row_spans = even(tall, DRAWN)
        weights = weights if weights.shape[1] < tall else averaged(weights, row_spans, 1)
    nats, seen = np.concatenate(tape.nats[path], -1), np.concatenate(tape.seen[path], -1)
    return Attended(path, kind, weights.astype(np.float64), nats, seen, rows, columns, row_spans, column_spans)


def _axes(subject: Subject, path: str, kind: Kind, rows: int, columns: int) -> tuple[Axis, Axis]:
    """Name the rows and the columns of an attention."""
    if kind == "self":
        axis = subject.axis(path, rows)
        return axis, axis
    if kind == "pool":
        return Axis((subject.answer,)), _memory(subject, columns)
    if kind == "fuse":
        return _joined([Axis((WHOLE,)), _beside(subject, rows - 1)]), _fitting(subject, ["source"], columns)
    return _fitting(subject, ["answer", "target"], rows), _memory(subject, columns)


def _memory(subject: Subject, length: int) -> Axis:
    """Name the places that heads and decoders may see."""
    fuse = subject.run.model.fuse
    if isinstance(fuse, FuseAttend):
        return _beside(subject, length)
    if isinstance(fuse, FuseConcat):
        parts = [subject.axes[name] for name in ("source", *subject.run.model.beside) if name in subject.axes]
        return _joined(parts) if sum(map(len, parts)) == length else numbered(length)
    return _fitting(subject, ["source"], length)


def _joined(parts: list[Axis]) -> Axis:
    """Put axes one after the other."""
    words: list[int] = []
    names: list[str] = []
    for axis in parts:
        for (start, end), name in zip(axis.spans, axis.merged, strict=True):
            words += [len(names)] * (end - start)
            names.append(name)
    return Axis(tuple(token for axis in parts for token in axis.tokens), tuple(words), tuple(names))


def _beside(subject: Subject, length: int) -> Axis:
    return _fitting(subject, list(subject.run.model.beside), length)


def _fitting(subject: Subject, names: list[str], length: int) -> Axis:
    """Return the first axis of these that has a length, else numbers."""
    found = (subject.axes[name] for name in names if name in subject.axes)
    return next((axis for axis in found if len(axis) == length), numbered(length))
