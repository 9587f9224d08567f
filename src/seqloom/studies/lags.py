"""Lags: the puzzles whose answer lies a stated number of steps back, with the models that solve them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.cells.cell import Cell
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.heads.numbers import NumberShape
from seqloom.model import SequenceModel
from seqloom.studies import puzzles
from seqloom.studies.learning import accuracy, model_of, outputs

SYMBOLS, ITEMS = 8, 3
NEAR = 0.1
"""How far off a sum may be and still be right. One guess for all rows, 1, is right in a fifth of them."""


@dataclass(frozen=True)
class Puzzle:
    """A puzzle: what a model needs to take it on, and how it is drawn.

    head    the name of the answer
    parts   of the spec, beside the encoder
    draw    (random numbers, rows, lag) -> Batch
    chance  the share of right answers that blind guessing gives
    """

    name: str
    head: str
    parts: Mapping[str, Any]
    wiring: Wiring
    draw: Callable[[torch.Generator, int, int], Batch]
    chance: float

    def model(self, encoder: Mapping[str, Any], seed: int) -> SequenceModel:
        """Build a model with an encoder."""
        return model_of(self.wiring, seed=seed, encoder=dict(encoder), **self.parts)

    def right(self, model: SequenceModel, batch: Batch) -> float:
        """Return the share of right answers."""
        if self.head != "value":
            return accuracy(model, batch, self.head)
        told = outputs(model, batch)["value"].flatten()
        return float(((told - batch.target["value"].values.flatten()).abs() < NEAR).float().mean())


def _copy(g: torch.Generator, rows: int, lag: int) -> Batch:
    return puzzles.copy(g, rows, lag, ITEMS, SYMBOLS)


def _of_symbols(head: str, kind: str) -> tuple[dict[str, Any], Wiring]:
    """Return the parts and the wiring of a puzzle that reads symbols and two more, and tells one of them."""
    labels = [str(symbol) for symbol in range(SYMBOLS)]
    parts = {"source": {"tokens": "word", "size": 16}, "heads": {head: {"kind": kind}}}
    return parts, Wiring(source=puzzles.vocabulary(SYMBOLS + 2), labels={head: (labels, [1] * SYMBOLS)})


ADDING = Puzzle(
    "adding",
    "value",
    {"source": {"tokens": "series", "size": 4}, "series": {}, "heads": {"value": {"kind": "point"}}},
    Wiring(features=2, numbers={"value": NumberShape()}),
    puzzles.adding,
    0.19,  # of the sum of two uniform numbers, P(|sum - 1| < NEAR) = 2 NEAR - NEAR^2
)
COPY = Puzzle("copy", "tags", *_of_symbols("tags", "tags"), _copy, 1 / SYMBOLS)
RECALL = Puzzle("recall", "label", *_of_symbols("label", "label"), puzzles.recall, 1 / SYMBOLS)
PUZZLES = {puzzle.name: puzzle for puzzle in (ADDING, COPY, RECALL)}


def cell_of(model: SequenceModel) -> Cell:
    """Return the cell of a model whose encoder is recurrent, of one layer and one direction."""
    assert isinstance(model.encoder, RecurrentEncoder)
    return model.encoder.stack.cell(0, "forwards")


def of_size(puzzle: Puzzle, encoder: Mapping[str, Any], parameters: int, step: int = 1) -> dict[str, Any]:
    """Return an encoder with the largest `size`, a multiple of `step`, with which the model has at most so many
    parameters; at least one `step`."""

    def fits(steps: int) -> bool:
        return puzzle.model({**encoder, "size": steps * step}, 0).parameter_count() <= parameters

    low, high = 1, 2
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return {**encoder, "size": low * step}
