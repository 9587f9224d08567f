"""Sharing: one set of weights for every step (Rumelhart, Hinton & Williams 1986; Elman 1990)."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field as Bound
from torch.nn.functional import one_hot

from seqloom.batch import Batch, Field
from seqloom.build import Wiring
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Line, Lines, Table
from seqloom.studies.learning import accuracy, learn, model_of, numbers
from seqloom.studies.over_seeds import over, values
from seqloom.studies.puzzles import all_of as every_step
from seqloom.studies.statistics import Ruling, Verdict, above, all_of, exactly, interval
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import groups, summary
from seqloom.table import Count
from seqloom.tasks.task import Say

RIGHT = 0.9
"""The share of right answers that counts as solved; guessing is right in a quarter."""
SYMBOLS, MARKED = 6, 2
SHORTEST, TIMES = 4, (1, 2, 4, 8)
UNSHARED = "unshared"
CellName = Literal["rnn", "gru", "lstm"]
Length = Annotated[int, Bound(gt=SHORTEST)]


class Sharing(Study):
    """Networks that tell the order of two symbols, of short rows and then of longer ones.

    cells    that share their weights over time
    length   of the longest row of training, above 4; it is measured on rows up to 8 times as long
    size     width
    updates  of each training
    shared   whether the network that the claim praises shares its weights (the control: it does not)
    """

    name = "sharing"
    question = "What does it buy to use the same weights at every step?"
    claim = (
        "The parameters of a recurrent network do not grow with the length of what it reads, and it answers for rows "
        "longer than any that it was trained on."
    )
    method = (
        "Temporal order (Hochreiter & Schmidhuber 1997, task 6a): among distractors stand two symbols, each A or B, "
        "one in each half of the row; which two, in order, must be told. Recurrent networks learn it from rows of 4 to "
        "16 steps, and again from rows of exactly 16; beside them a network that has weights of its own for every step "
        "(one matrix over 16 steps, and two layers). All answer for rows of 16, 32, 64 and 128 steps. Parameters are "
        "counted of networks built for each of these lengths, a Transformer with computed and one with learned "
        "positions too."
    )
    source = "Rumelhart, Hinton & Williams 1986; Elman 1990; Goodfellow, Bengio & Courville 2016, chapter 10"
    reading = (
        "Weights that are shared can be applied to rows of any length; that does not make what they compute right "
        "there. Look at how answers get worse with length, and at the difference that training on one single length "
        "makes: a network that has only seen rows of 16 may count on it, and then fails on 32."
    )
    exercise = (
        "Train on longer rows (`seqloom study sharing -s length=32`). Does the length at which a quarter of the "
        "answers is wrong grow in proportion?"
    )
    control: ClassVar[Mapping[str, Any]] = {"shared": False}
    control_about = (
        "Every network has weights of its own for every step, so that its parameters must grow with the length."
    )
    tiny: ClassVar[Mapping[str, Any]] = {"cells": ["gru"], "length": 10, "updates": 400}
    seeds = 5

    def __init__(
        self,
        *,
        cells: list[CellName] | None = None,
        length: Length = 16,
        size: Count = 32,
        updates: Count = 600,
        shared: bool = True,
    ) -> None:
        self.cells = list(dict.fromkeys(cells or ["rnn", "gru", "lstm"]))
        self.length, self.size, self.updates, self.shared = length, size, updates, shared

    @property
    def lengths(self) -> list[int]:
        """The lengths measured."""
        return [self.length * times for times in TIMES]

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Count parameters by length, and measure answers by length."""
        rows: list[Row] = []
        counted = {cell: self._parts(cell) for cell in self.cells} | {
            "transformer, computed positions": {"kind": "transformer", "size": self.size, "layers": 1, "heads": 4},
            "transformer, learned positions": {
                "kind": "transformer",
                "size": self.size,
                "layers": 1,
                "heads": 4,
                "positions": "learned",
            },
            UNSHARED: self._parts(UNSHARED),
        }
        for arm, part in counted.items():
            for length in self.lengths:
                rows.append(
                    {"arm": arm, "built": length, "parameters": self._model(part, length, seed).parameter_count()}
                )
        for arm, low in [
            *((cell, SHORTEST) for cell in self.cells),
            (self.cells[-1], self.length),
            (UNSHARED, SHORTEST),
        ]:
            trained = f"{low} to {self.length}" if low < self.length else f"{low} alone"
            say(f"sharing: {arm} learns from rows of {trained}")
            model = self._model(self._parts(arm), self.length, seed)
            learn(model, partial(self._draw, low=low), seed=seed, steps=self.updates, lr=5e-3)
            for length in self.lengths:
                right = accuracy(model, order(numbers(seed, 1), 512, length), "label")
                rows.append({"arm": arm, "trained": trained, "length": length, "right": right})
        return rows

    def _draw(self, g: torch.Generator, low: int) -> Batch:
        return order(g, 32, int(torch.randint(low, self.length + 1, (), generator=g)))

    def _parts(self, arm: str) -> dict[str, Any]:
        """Return an encoder; the control takes every cell for one that has weights of its own for every step."""
        return {"kind": "mlp" if arm == UNSHARED or not self.shared else arm, "size": self.size}

    def _model(self, encoder: dict[str, Any], length: int, seed: int) -> SequenceModel:
        """Build a network for rows of a length."""
        part, series = dict(encoder), {}
        if part["kind"] == "mlp":
            series = {"patch": length}
        if part.get("positions") == "learned":
            part["max_positions"] = length
        labels = [str(number) for number in range(MARKED**2)]
        return model_of(
            Wiring(features=SYMBOLS, labels={"label": (labels, [1] * len(labels))}),
            seed=seed,
            source={"tokens": "series", "size": self.size},
            series=series,
            encoder=part,
            heads={"label": {"kind": "label"}},
        )

    def judge(self, rows: Rows) -> Verdict:
        """Compare parameters at the longest and the shortest, and answers at twice the length trained on."""
        rulings: list[Ruling] = []
        low, high, twice = self.lengths[0], self.lengths[-1], self.lengths[1]
        varied = {"trained": f"{SHORTEST} to {self.length}"}
        for cell in self.cells:
            pairs = zip(
                values(rows, "parameters", arm=cell, built=low),
                values(rows, "parameters", arm=cell, built=high),
                strict=True,
            )
            grown = [longest - shortest for shortest, longest in pairs]
            rulings.append(exactly(grown, 0, f"{cell}: parameters for {high} steps less those for {low}"))
        for cell in self.cells:
            found = values(rows, "right", arm=cell, length=twice, **varied)
            rulings.append(above(found, RIGHT, f"{cell}: right answers for rows of {twice} steps"))
        verdict = all_of(
            rulings,
            "the parameters of networks built for the longest rows and for the shortest are the same in number; the "
            f"95 % interval over seeds of right answers at twice the longest row trained on lies above {RIGHT}",
        )
        beside = [
            f"not part of the claim: {cell}, right answers for rows of {high} steps: "
            f"{interval(values(rows, 'right', arm=cell, length=high, **varied))}"
            for cell in self.cells
        ]
        alone = {"arm": self.cells[-1], "trained": f"{self.length} alone", "length": twice}
        beside.append(
            f"not part of the claim: {self.cells[-1]} trained on {self.length} steps alone, right answers for {twice}: "
            f"{interval(values(rows, 'right', **alone))}"
        )
        return Verdict(verdict.answer, verdict.test, verdict.reasons + tuple(beside))

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw answers and parameters over length."""
        answers = [
            over(rows, "length", "right", f"{arm}, trained on {trained}", arm, arm=arm, trained=trained)
            for arm, trained in groups([row for row in rows if "trained" in row], "arm", "trained")
        ]
        counts: list[Line] = []
        for (arm,) in groups([row for row in rows if "built" in row], "arm"):
            line = over(rows, "built", "parameters", arm, arm=arm)
            counts.append(Line(arm, line.x, np.asarray(line.y, np.float64)))
        longest = f"longest row of training: {self.length}"
        return [
            Lines(
                "Right answers by length", answers, "steps of a row", "right answers", x_scale="log", caption=longest
            ),
            Lines("Parameters", counts, "steps that it is built for", "parameters", x_scale="log", y_scale="log"),
        ]

    def table(self, rows: Rows) -> Table:
        """List answers by length."""
        found = [row for row in rows if "trained" in row]
        return summary("Temporal order", found, ("arm", "trained", "length"), {"right": "right answers"})


def order(g: torch.Generator, rows: int, length: int) -> Batch:
    """Draw temporal order: source [rows, length, 6] of one-hot symbols, A and B and four distractors; head "label".

    One of A and B stands in each half; the label is 0 for A A, 1 for A B, 2 for B A, 3 for B B.
    """
    first, second = (torch.randint(0, MARKED, (rows,), generator=g) for _ in range(2))
    symbols = torch.randint(MARKED, SYMBOLS, (rows, length), generator=g)
    row, half = torch.arange(rows), length // 2
    symbols[row, torch.randint(0, half, (rows,), generator=g)] = first
    symbols[row, torch.randint(half, length, (rows,), generator=g)] = second
    source = every_step(one_hot(symbols, SYMBOLS).float())
    return Batch({"source": source}, {"label": Field(first * MARKED + second)})
