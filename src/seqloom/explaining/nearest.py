"""Nearest: where in a file a cell was in nearly the state that it is in now, by the cosine between the two."""

import heapq
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from seqloom.batch import Batch
from seqloom.data.vocabulary import Vocabulary
from seqloom.explaining.recurrent import Place
from seqloom.explaining.subject import Subject
from seqloom.explaining.written import vocabulary_of
from seqloom.tape import Tape
from seqloom.tasks.language import Language
from seqloom.tasks.task import Say

BEFORE = 12
"""Pieces that are shown of what was read up to a state."""


@dataclass(frozen=True)
class Near:
    """A state of the file.

    cosine  with the state that was asked for
    batch, row, step  where: the so-maniest batch of the file as evaluation reads it, its row, the step; from 1
    text    what was read up to it; "" where it is no text
    number  the row of the file, from 1; None where it is one long text
    """

    cosine: float
    batch: int
    row: int
    step: int
    text: str
    number: int | None = None

    @property
    def where(self) -> str:
        """Where it is, in words."""
        if self.number is not None:
            return f"row {self.number}, step {self.step}"
        return f"batch {self.batch}, row {self.row}, step {self.step}"


def nearest(subject: Subject, place: Place, state: Tensor, best: int, rows: int, say: Say) -> tuple[list[Near], int]:
    """Return the states of a cell nearest to `state` [size] in the rows of `subject.data`, and how many were compared.

    rows  of the file that are read, at most (whole batches). Only the best are held. A model that carries its State
    from one window of a long text to the next does so here. Raises InputError for a file that the run cannot read.
    """
    run, side = subject.run, subject.side(place.path)
    data = run.task.evaluation(str(subject.data), say, run.model.carries)
    vocabulary = vocabulary_of(run, side)
    asked = normalize(state.float(), dim=-1)
    found: list[tuple[float, int, Near]] = []
    seen = compared = 0
    carried: Any = None
    order = count(0, -1)  # tells equal ones apart, the first before the others
    for number, key in enumerate(data.order(0)):
        if seen >= rows:
            break
        say(f"states: {seen} rows of {subject.data}")
        batch = data.load(key).to(run.device)
        with torch.no_grad(), Tape(run.model, only=f"{place.path}.h") as tape:
            carried = run.model(batch, carried)[1] if data.carries else run.model(batch)[1]
        seen += len(next(iter(batch.inputs.values())).values)
        if f"{place.path}.h" not in tape:
            continue
        h = tape[f"{place.path}.h"].float()
        mask = _mask(subject, batch, side, h)
        cosine = (normalize(h, dim=-1) @ asked.to(h.device)).masked_fill(~mask, -2)
        compared += int(mask.sum())
        values, places = cosine.flatten().topk(min(best, cosine.numel()))
        for value, at in zip(values.tolist(), places.tolist(), strict=True):
            row, step = divmod(at, h.shape[1])
            if value < -1.5:
                continue
            text = _read(batch, side, row, step, h.shape[1], vocabulary, place.way)
            known = not isinstance(run.task, Language) and len(batch.rows) == len(h)
            near = Near(min(1.0, value), number + 1, row + 1, step + 1, text, batch.rows[row] + 1 if known else None)
            item = (value, next(order), near)
            (heapq.heappush if len(found) < best else heapq.heappushpop)(found, item)
    return [near for _, _, near in sorted(found, key=lambda one: (-one[0], -one[1]))], compared


def _mask(subject: Subject, batch: Batch, side: str, h: Tensor) -> Tensor:
    """Return which of the states [rows, time] are of data."""
    field, model = batch.inputs[side], subject.run.model
    mask = field.mask
    if mask is not None and side == "source" and model.source is not None:
        mask = model.source.steps(mask)
    if mask is None or mask.shape != h.shape[:2]:
        return h.abs().sum(-1) > 0  # a Tape leaves zeros on padding
    return mask


def _read(batch: Batch, side: str, row: int, step: int, steps: int, vocabulary: Vocabulary | None, way: str) -> str:
    """Return what a cell had read last when it came to a step."""
    values = batch.inputs[side].values
    if vocabulary is None or values.dim() != 2 or values.shape[1] != steps:
        return ""
    ids = values[row, step : step + BEFORE] if way == "backwards" else values[row, max(0, step + 1 - BEFORE) : step + 1]
    return vocabulary.decode(ids.tolist())
