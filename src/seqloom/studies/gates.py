"""Gates: what a forget gate held at a number does to memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

from collections.abc import Callable, Mapping
from itertools import count
from math import log
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from seqloom.batch import Batch
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Lines, Table
from seqloom.studies.lags import RECALL
from seqloom.studies.learning import learn, numbers
from seqloom.studies.over_seeds import over, values
from seqloom.studies.statistics import Verdict, above, all_of, below, interval
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import summary
from seqloom.table import Count
from seqloom.tape import Patch
from seqloom.tasks.task import Say

KEPT, LOST = 0.9, 0.5
"""Shares of right answers: memory is kept above the one and lost below the other. Guessing is right in 1/8."""
FAR, LONG = 5, 20
"""How many times the longest lag of training is measured."""
Open = Annotated[float, Field(ge=0, le=1)]
CELLS: dict[str, dict[str, str]] = {
    "lstm": {"keeps": "f", "writes": "i", "other": "o"},
    "gru": {"keeps": "z", "writes": "n", "other": "r"},
}
"""By cell: the gate that keeps the past, what writes something new, and a gate that does neither."""


class Gates(Study):
    """An LSTM and a GRU that have learned to recall a symbol, their gates held at numbers by a Patch.

    lag     longest number of distractors in training
    size    width of the state
    updates of training
    held    numbers that the gate is held at, beside 1 and 0.5, which the verdict goes by
    gate    which gate: the one that `keeps` the past, or the `other` one (the control)
    """

    name = "gates"
    question = "What does it mean that a forget gate near 1 keeps the memory?"
    claim = (
        "With the forget gate f (of a GRU: z) near 1 the memory stays, however long; with a smaller f it is lost as "
        "fast as f^t falls."
    )
    method = (
        "An LSTM and a GRU learn to tell the first symbol of eight after 1 to 10 distractors. Then, with no further "
        "training, a Patch holds f (z) at a number at every step after the symbol, in rows of 10, 50 and 200 "
        "distractors: once while the network goes on writing as it learned to (`alone`), once with nothing new written "
        "(i = 0; of the GRU, whose writing gate is 1 - z, the candidate n = 0). Measured is the share of symbols told "
        "right."
    )
    source = "Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000; Cho et al. 2014, arXiv:1406.1078"
    reading = (
        "A line for each gate value, over the number of steps it was held. With nothing written the lines are a "
        "highway at f = 1 and a cliff at every smaller f: what is left after t steps is f^t, half of it after ln 0.5 / "
        "ln f steps. `alone` tells more: f = 0.5 does not lose everything, because the network can read its own h and "
        "write the symbol anew at each step, as a plain recurrent network must. An open gate is one way to remember, "
        "not the only one."
    )
    exercise = (
        "At what f is half of the memory left after 50 steps? Check it with `seqloom study gates -s "
        "held=[1,0.986,0.9]`. Why is the answer still right when only a hundredth of the cell state is left, and when "
        "does it fail?"
    )
    control: ClassVar[Mapping[str, Any]] = {"gate": "other"}
    control_about = (
        "The output gate o (of the GRU, the reset gate r) is held in place of the one that keeps the past: holding it "
        "at 1 must not make memory last."
    )
    tiny: ClassVar[Mapping[str, Any]] = {"size": 24, "updates": 200, "lag": 8, "held": [1.0, 0.5]}
    seeds = 5

    def __init__(
        self,
        *,
        lag: Count = 10,
        size: Count = 32,
        updates: Count = 300,
        held: list[Open] | None = None,
        gate: Literal["keeps", "other"] = "keeps",
    ) -> None:
        self.lag, self.size, self.updates, self.gate = lag, size, updates, gate
        self.held = sorted({1.0, 0.5, *(held or [0.99, 0.9, 0.7, 0.0])}, reverse=True)

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure recall at each lag with the gate held at each number."""
        rows: list[Row] = []
        for cell in CELLS:
            say(f"gates: {cell} learns to recall")
            model = RECALL.model({"kind": cell, "size": self.size}, seed)
            learn(model, self._draw, seed=seed, steps=self.updates, lr=1e-2)
            for lag in (self.lag, self.lag * FAR, self.lag * LONG):
                batch = RECALL.draw(numbers(seed, 1), 256, lag)
                rows += self._held(model, cell, lag, batch)
        return rows

    def _draw(self, g: torch.Generator) -> Batch:
        return RECALL.draw(g, 32, int(torch.randint(1, self.lag + 1, (), generator=g)))

    def _held(self, model: SequenceModel, cell: str, lag: int, batch: Batch) -> list[Row]:
        names = CELLS[cell]
        gate, writer = names[self.gate], names["writes"]
        at: Row = {"cell": cell, "lag": lag}
        rows: list[Row] = [{**at, "way": "learned", "gate": "learned", "right": RECALL.right(model, batch)}]
        for value in self.held:
            for way, more in (("alone", ()), ("nothing written", (writer,))):
                changes = {f"encoder.*.{gate}": held(value)} | {f"encoder.*.{name}": held(0.0) for name in more}
                with Patch(model, changes):
                    right = RECALL.right(model, batch)
                rows.append({**at, "way": way, "gate": f"{gate} = {value:g}", "value": value, "right": right})
        return rows

    def judge(self, rows: Rows) -> Verdict:
        """Compare recall under held gates with what keeping and losing mean."""
        rulings = []
        beside = []
        for cell in CELLS:
            name = CELLS[cell][self.gate]

            def right(way: str, value: float, times: int, cell: str = cell) -> list[float]:
                return values(rows, "right", cell=cell, way=way, value=value, lag=self.lag * times)

            what = f"{cell}, right answers after"
            rulings += [
                above(right("alone", 1.0, FAR), KEPT, f"{what} {self.lag * FAR} steps of {name} = 1"),
                above(
                    right("nothing written", 1.0, LONG),
                    KEPT,
                    f"{what} {self.lag * LONG} steps of {name} = 1 with nothing written",
                ),
                below(
                    right("nothing written", 0.5, FAR),
                    LOST,
                    f"{what} {self.lag * FAR} steps of {name} = 0.5 with nothing written",
                ),
            ]
            beside.append(
                f"not part of the claim: {what} {self.lag * FAR} steps of {name} = 0.5 alone, going on writing: "
                f"{interval(right('alone', 0.5, FAR))}"
            )
        verdict = all_of(
            rulings,
            f"the 95 % interval over seeds of right answers lies above {KEPT} where the gate is held at 1, after "
            f"{FAR} and {LONG} times the longest lag of training, and below {LOST} where it is held at 0.5",
        )
        return Verdict(verdict.answer, verdict.test, verdict.reasons + tuple(beside))

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw recall over the steps that a gate was held, a figure for each cell and way."""
        found: list[Figure] = []
        for cell, names in CELLS.items():
            for way in ("nothing written", "alone"):
                lines = [
                    over(rows, "lag", "right", f"{names[self.gate]} = {value:g}", cell=cell, way=way, value=value)
                    for value in self.held
                ]
                lines.append(over(rows, "lag", "right", "as learned", cell=cell, way="learned"))
                told = f"{names[self.gate]} held, {way}"
                halves = ", ".join(f"{value:g}: {half_life(value):.3g}" for value in self.held if 0 < value < 1)
                found.append(
                    Lines(
                        f"{cell.upper()}, {told}",
                        lines,
                        "steps held",
                        "right answers",
                        x_scale="log",
                        caption=f"Half-life in steps by the number held: {halves or 'none'}. Guessing is right in 1/8.",
                    )
                )
        return found

    def table(self, rows: Rows) -> Table:
        """List recall by cell, way and gate."""
        return summary("Recall with gates held", rows, ("cell", "way", "gate", "lag"), {"right": "right answers"})


def held(value: float) -> Callable[[Tensor], Tensor]:
    """Return what a Patch does to a gate: from the second step on, after the symbol was read, it is `value`."""
    steps = count()

    def change(gate: Tensor) -> Tensor:
        return torch.full_like(gate, value) if next(steps) else gate

    return change


def half_life(value: float) -> float:
    """Return after how many steps half is left of what a gate passes on a share of."""
    return float(np.inf) if value == 1 else log(0.5) / log(value)
