"""The look at a run: one pass over rows that were held out, in bounded time, that keeps what a page tells of each.

Rows are taken evenly over the data where there are more than a page looks at, and batches come in an order from a seed,
so that a pass that time ends has seen rows of all lengths.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch
from seqloom.comparing.gathered import Gatherer
from seqloom.explaining.row_quality import row_quality
from seqloom.heads.label import LabelHead
from seqloom.model import SequenceModel
from seqloom.pages.run_tellers import NumberTeller, Teller, WrittenTeller
from seqloom.state import State
from seqloom.tasks.task import Data, Meter

ROWS, SECONDS = 1000, 4.0
"""Rows that are looked at at most, and how long. Between two batches time is looked at, so that one more may be."""
LEAST, PATIENCE = 100, 3.0
"""Rows by which little can be told, so that a look goes on to them, for so many times as long."""
WRITTEN, TOGETHER = 200, 16
"""Rows to which texts are written at most, and side by side."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One row that was looked at.

    number  its place in the data
    length  steps of its source, or tokens told where it has none
    nats    its loss, summed over `count` of what is told
    right   what `row_quality` says of it, summed over `of`
    sure    how probable the run held what it told; None where that is not one number
    """

    number: int
    length: int
    nats: float
    count: float
    right: float
    of: float
    true: str = ""
    told: str = ""
    sure: float | None = None

    @property
    def loss(self) -> float:
        """Nats for each thing told."""
        return self.nats / max(self.count, 1e-12)


@dataclass
class Look:
    """What was seen of a run.

    every    rows (of texts: windows) that there are
    quality  what `Row.right` is
    head     the head that nats and quality are of
    metrics  of the task's meter over the rows looked at
    stats    by metric, what can be summed over rows to it: [rows, k] (see `comparing/measure.py`)
    arrays   by name, what single rows told in numbers: "probabilities" and "true", or "numbers" and "true"
    """

    every: int
    head: str
    rows: list[Row] = field(default_factory=list)
    quality: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Floats] = field(default_factory=dict)
    stats: dict[str, Floats] = field(default_factory=dict)
    seconds: float = 0.0

    def sums(self) -> tuple[Floats, Floats]:
        """Return nats and counts [rows]."""
        return np.array([row.nats for row in self.rows]), np.array([row.count for row in self.rows])

    def rights(self) -> tuple[Floats, Floats]:
        """Return quality and what it is of [rows]."""
        return np.array([row.right for row in self.rows]), np.array([row.of for row in self.rows])

    def lengths(self) -> NDArray[np.int64]:
        """Return lengths [rows]."""
        return np.array([row.length for row in self.rows], np.int64)


def look(
    model: SequenceModel,
    data: Data,
    meter: Meter | None,
    teller: Teller | None,
    gatherers: Sequence[Gatherer] = (),
    most: int = ROWS,
    seconds: float = SECONDS,
) -> Look:
    """Pass over `most` rows at most of `data`, for `seconds` at most, thrice as long where that was too few to tell.

    A teller whose answers are written takes them from the meter.
    """
    began, head = time.monotonic(), next(iter(model.heads))
    together = TOGETHER if isinstance(teller, WrittenTeller) and meter is not None else None
    keys, every = thinned(data, most, together)
    found, parts = Look(every, head), dict[str, list[Any]]()
    device = next(model.parameters()).device
    state: State | None = None
    with torch.no_grad():
        for key in keys:
            spent = time.monotonic() - began
            if found.rows and spent > seconds * (1 if len(found.rows) >= LEAST else PATIENCE):
                break
            batch = data.load(key).to(device)
            if data.carries and not found.rows:
                found.every *= len(next(iter(batch.target.values())).values)  # each key is a window of every track
            outputs, state = model(batch, state if data.carries else None)
            if meter is not None:
                meter.add(outputs, batch, model.loss(outputs, batch))
            if isinstance(teller, WrittenTeller) and meter is not None:
                teller.answers = meter.answers  # type: ignore[attr-defined]
            for gatherer in gatherers:
                gatherer.add(outputs, batch)
            _keep(found, parts, model, outputs, batch, teller)
    found.arrays = {name: np.concatenate(each) for name, each in parts.items()}
    if meter is not None and found.rows:
        found.metrics, found.details = meter.result(), meter.details()
    found.stats = {one.name: one.items().stats for one in gatherers} if found.rows else {}
    found.seconds = time.monotonic() - began
    return found


def thinned(data: Data, most: int, together: int | None = None) -> tuple[list[Any], int]:
    """Return keys of data that hold `most` rows at most, evenly taken, and how many rows there are.

    Texts that carry State give their first windows. `together` cuts keys to so many rows.
    """
    keys = list(data.order(0))
    sizes = [_size(key) for key in keys]
    every = sum(sizes)
    if data.carries:
        return keys[:most], every
    step = max(1, -(-every // most))
    starts = np.cumsum([0, *sizes])[:-1]
    chosen = []
    for key, start, size in zip(keys, starts.tolist(), sizes, strict=True):
        places = np.arange((step // 2 - start) % step, size, step)
        for at in range(0, len(places), together or max(1, len(places))):
            chosen.append(_some(key, places[at : at + (together or len(places))]))
    order = np.random.default_rng(0).permutation(len(chosen))
    return [chosen[place] for place in order], every


def _size(key: Any) -> int:
    return len(key.rows) if hasattr(key, "rows") else len(key) if isinstance(key, list | np.ndarray) else 1


def _some(key: Any, places: NDArray[np.int64]) -> Any:
    if hasattr(key, "rows"):
        return key._replace(rows=key.rows[places])
    return [key[place] for place in places] if isinstance(key, list) else key[places]


def _keep(
    found: Look,
    parts: dict[str, list[Any]],
    model: SequenceModel,
    outputs: dict[str, Tensor],
    batch: Batch,
    teller: Teller | None,
) -> None:
    """Add the rows of a batch."""
    head = found.head
    found.quality, right, of = row_quality(model, outputs, batch)[head]
    nats, counts = row_losses(model, outputs, batch, head)
    lengths = row_lengths(batch)
    told = teller.answered(outputs, batch) if teller is not None else [("", "", None)] * len(lengths)
    numbers = (
        list(batch.rows) if len(batch.rows) == len(lengths) else [len(found.rows) + at for at in range(len(lengths))]
    )
    for at, number in enumerate(numbers):
        true, said, sure = told[at]
        found.rows.append(
            Row(number, lengths[at], nats[at], counts[at], float(right[at]), float(of[at]), true, said, sure)
        )
    one = model.heads[head]
    if isinstance(one, LabelHead):
        parts.setdefault("probabilities", []).append(one.probabilities(outputs[head].float()).double().cpu().numpy())
        parts.setdefault("true", []).append(batch.target[head].values.cpu().numpy())
    if isinstance(teller, NumberTeller):
        true_numbers, numbers_told = teller.numbers(outputs, batch)
        parts.setdefault("true", []).append(true_numbers)
        parts.setdefault("numbers", []).append(numbers_told)


def row_losses(
    model: SequenceModel, outputs: dict[str, Tensor], batch: Batch, head: str
) -> tuple[list[float], list[float]]:
    """Return the loss of each row of a batch for one head, in nats, and what it is counted over."""
    target, nats, counts = batch.target[head], [], []
    for at in range(len(target.values)):
        mask = None if target.mask is None else target.mask[at : at + 1]
        alone = replace(target, values=target.values[at : at + 1], mask=mask)
        total, count = model.heads[head].loss(outputs[head][at : at + 1], alone)  # type: ignore[operator]
        nats.append(total)
        counts.append(count)
    return torch.stack(nats).double().cpu().tolist(), torch.stack(counts).double().cpu().tolist()


def row_lengths(batch: Batch) -> list[int]:
    """Return how long each row of a batch is: steps of the question or the source, or tokens told."""
    for name in ("question", "source", "target"):
        part = batch.inputs.get(name)
        if part is not None and part.mask is not None and (name != "source" or "which" not in batch.inputs):
            lengths: Sequence[int] = part.mask.sum(1).tolist()
            return list(lengths)
    mask = next(iter(batch.target.values())).mask
    assert mask is not None
    return list(mask.sum(1).tolist())
