"""Recurrent: the cells of a model, what each did with one row, and what to say of a model that has none.

Cells that spell words letter by letter (`source.letters=lstm`) are left out: their steps are letters, not the row's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.cells.cell import Cell
from seqloom.explaining.subject import Axis, Subject
from seqloom.explaining.thinning import Spans, even, named
from seqloom.explaining.view import DRAWN
from seqloom.model import SequenceModel
from seqloom.tape import Tape

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
KEEPS = ("f", "z")
"""Gates that keep the past at 1: by these names a cell offers them to a Tape, whoever wrote it."""
GATES = ("i", "f", "o", "r", "z")
"""Probes that are gates, between 0 and 1."""


@dataclass(frozen=True, eq=False)
class Place:
    """One cell of a model, in one direction.

    path   of the cell in the model: its probes are below it
    title  for a person, such as "encoder layer 2, backwards"
    """

    path: str
    cell: Cell
    title: str
    way: str

    @property
    def kind(self) -> str:
        """The cell's class, such as LSTM."""
        return type(self.cell).__name__

    @property
    def short(self) -> str:
        """The title without its part, such as "layer 2, backwards"."""
        return self.title[self.title.find("layer") :] if "layer" in self.title else self.title

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates that it offers, in its own order."""
        return tuple(name for name in self.cell.probes if name in GATES)

    @property
    def keeper(self) -> str | None:
        """The gate that keeps the past at 1; None for a cell without one."""
        return next((name for name in KEEPS if name in self.cell.probes), None)


def places(model: SequenceModel) -> list[Place]:
    """Return the cells that read the row's steps: of what stands beside, of the encoder, of the decoder."""
    found = [
        (path, part)
        for path, part in model.named_modules()
        if isinstance(part, Cell) and path.split(".")[0] in ("beside", "encoder", "decoder")
    ]
    found = [(path, part) for path, part in found if not re.match(r"beside\.\w+\.source\.", path)]
    both = {path.split(".cells.")[0] for path, _ in found if path.endswith("backwards")}
    order = ("beside", "encoder", "decoder")
    found.sort(key=lambda one: order.index(one[0].split(".")[0]))
    return [_place(path, cell, path.split(".cells.")[0] in both) for path, cell in found]


def running(subject: Subject) -> list[Place]:
    """Return the cells that have a step to take on the row."""
    return [place for place in places(subject.run.model) if steps_of(subject, subject.side(place.path))]


def none_of(subject: Subject, what: str) -> str | None:
    """Return why a row has no recurrence to look at, and where to look; None where it has. `what` is looked for."""
    model = subject.run.model
    if not places(model):
        return (
            f"nothing in this model is recurrent, so that there are no {what}: its steps "
            f"{_instead(model)} instead, or train with --arch lstm or gru."
        )
    if not running(subject):
        return "this row has no steps, and a recurrence without steps has nothing to show: give a longer row."
    return None


def heard(subject: Subject, place: Place, names: Sequence[str]) -> dict[str, Singles]:
    """Return what some probes of one cell said on the row, [time, size] each, in input order, on the CPU.

    One cell at a time: the others take their fast path meanwhile, and what is held grows with one cell alone.
    """
    paths = {name: f"{place.path}.{name}" for name in names}
    with torch.no_grad(), Tape(subject.run.model, only=tuple(paths.values())) as tape:
        subject.forward()
    return {name: cut(subject, place, tape[path][0].float().cpu().numpy()) for name, path in paths.items()}


def cut(subject: Subject, place: Place, values: Singles) -> Singles:
    """Leave out the steps of padding, which a row alone has only where its front makes some."""
    side = subject.side(place.path)
    field = subject.batch.inputs.get(side)
    if field is None or field.mask is None or len(values) <= steps_of(subject, side):
        return values
    return values[: steps_of(subject, side)]


def steps_of(subject: Subject, side: str) -> int:
    """Return how many steps of the row an input has, as the cells read it."""
    field, model = subject.batch.inputs.get(side), subject.run.model
    if field is None:
        return 0
    if field.mask is None:
        return field.values.shape[1]
    with torch.no_grad():
        mask = model.source.steps(field.mask) if side == "source" and model.source is not None else field.mask
        return int(mask[0].sum())


def read_in_order(values: NDArray[Any], place: Place) -> NDArray[Any]:
    """Turn [time, ...] from the order of the input to that in which the cell reads it, or back."""
    return values[::-1] if place.way == "backwards" else values


def shown(axis: Axis) -> tuple[Spans, list[str], list[str]]:
    """Return the spans in which an axis is drawn, their names, and what must be said about it."""
    spans = even(len(axis), DRAWN)
    names = named(axis.tokens, spans)
    said = f"{len(axis)} steps are drawn as {len(spans)}: each stands for the mean of its neighbours."
    return spans, names, [said] if len(spans) < len(axis) else []


def spread(worth: NDArray[Any], most: int) -> NDArray[np.int64]:
    """Choose at most `most` units whose worth [units] lies evenly between the least and the most, in that order."""
    order = np.argsort(worth, kind="stable")
    picks = np.unique(np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(np.int64))
    return order[picks].astype(np.int64)


def plain(value: float) -> float | None:
    """Return a number as JSON has it: what is infinite or not a number is null."""
    return float(value) if np.isfinite(value) else None


def _place(path: str, cell: Cell, both: bool) -> Place:
    number = re.search(r"layers\.(\d+)\.", path) or re.search(r"\.cells\.(\d+)\.", path)
    part = path.split(".")[1] + " encoder" if path.startswith("beside.") else path.split(".")[0]
    way = path.rsplit(".", 1)[-1]
    direction = f", {way}" if both else ""
    return Place(path, cell, f"{part}{f' layer {int(number[1]) + 1}' if number else ''}{direction}", way)


def _instead(model: SequenceModel) -> str:
    kinds: Mapping[str, str] = {type(part).__name__: part.__module__ for part in model.modules()}
    if any(module.endswith("layers.attention") for module in kinds.values()):
        return "look at one another by attention: use the view attention"
    return "are not carried from one to the next: use the view saliency"
