"""Vanishing: how much gradient is left far back (Hochreiter 1991; Bengio, Simard & Frasconi 1994)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Line, Lines, Table
from seqloom.studies.flow import SHRINKS, flow, line_through
from seqloom.studies.lags import ADDING, cell_of
from seqloom.studies.learning import learn, numbers, seeded
from seqloom.studies.over_seeds import over, values
from seqloom.studies.statistics import Verdict, above, all_of, below, interval
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import groups, summary
from seqloom.table import Count, Share
from seqloom.tasks.task import Say

GEOMETRIC = 0.95
"""The share of the variance of the log norm over steps that a straight line must explain."""
ROWS, POINTS, STARTS = 32, 26, 8
"""Rows of a batch; points of a line that are kept; networks over which each seed's start is averaged."""
Weights = Literal["orthogonal", "identity", "small"]
Length = Annotated[int, Field(ge=8)]
"""Fewer steps make no line."""


@dataclass(frozen=True)
class _Arm:
    name: str
    encoder: Mapping[str, Any]
    weights: Weights | None = None
    learns: bool = False


ARMS = (
    _Arm("rnn tanh, orthogonal", {"kind": "rnn"}, learns=True),
    _Arm("rnn tanh, identity", {"kind": "rnn"}, "identity"),
    _Arm("rnn tanh, small", {"kind": "rnn"}, "small"),
    _Arm("rnn relu, orthogonal", {"kind": "rnn", "activation": "relu"}),
    _Arm("rnn relu, identity", {"kind": "rnn", "activation": "relu"}, "identity"),
    _Arm("rnn relu, small", {"kind": "rnn", "activation": "relu"}, "small"),
    _Arm("gru", {"kind": "gru"}, learns=True),
    _Arm("lstm", {"kind": "lstm"}, learns=True),
)
PLAIN, GRU, LSTM = ARMS[0].name, "gru", "lstm"


class Vanishing(Study):
    """Networks of one layer on the adding problem, before and after they learn it.

    length  steps of a row
    size    width of the state
    steps   updates at most of those that learn; they stop at 95 % right
    leak    the share of what a forget gate f, or an update gate z, lets pass that is lost at every step, put in by a
            Patch where gradients are measured
    """

    name = "vanishing"
    question = "Why can a plain recurrent network not learn what lies far back, and what do an LSTM and a GRU change?"
    claim = (
        "The gradient of a plain recurrent network shrinks geometrically with distance, before training and after; "
        "that of an LSTM and of a GRU is kept once their gates have learned to stay open. Activation and initial "
        "weights matter."
    )
    method = (
        "Networks of one layer and equal width read the adding problem. A Tape records the State h (and c) at every "
        "step, and its gradient when the answer is sent backwards: |dy/dState_t| beside that at the last step. Before "
        "training this is done for the plain network with tanh and relu, its recurrent weights orthogonal (how we "
        "build it), the identity, or small (normal, eigenvalues of up to about 1/2); and for a GRU and an LSTM as "
        "built, each the mean of eight starts. The plain network with tanh, the GRU and the LSTM then learn the "
        "problem (Adam, clipped, equal updates at most) and are measured again. The factor per step is that of a "
        "straight line through the log norm."
    )
    source = (
        "Hochreiter 1991; Bengio, Simard & Frasconi 1994; Hochreiter & Schmidhuber 1997; Pascanu, Mikolov & Bengio "
        "2013, arXiv:1211.5063; Le, Jaitly & Hinton 2015, arXiv:1504.00941 (identity and relu)"
    )
    reading = (
        "The vertical axis is logarithmic, so that shrinking by one factor at every step is a falling straight line. "
        "Look at both figures: a GRU and an LSTM that have learned nothing yet shrink their gradient too, the GRU "
        "faster than the plain network, since its gate z starts half open and halves what it keeps. They are not "
        "highways as built; what they have, and the plain network has not, is gates that learning can open."
    )
    exercise = (
        "Double the distance (`seqloom study vanishing -s length=100 -s steps=2000`): what is left of the trained "
        "LSTM's gradient at the first step, and of the plain network's? Why does the identity with relu keep its "
        "gradient from the start, and what may go wrong with it (`seqloom study exploding`)?"
    )
    control: ClassVar[Mapping[str, Any]] = {"leak": 0.5}
    control_about = (
        "Half of what the gates f and z let pass is lost at every step, after learning: the highway is cut, and with "
        "it the gradient of LSTM and GRU must shrink as the plain network's does."
    )
    tiny: ClassVar[Mapping[str, Any]] = {"length": 30, "steps": 300}
    seeds = 5

    def __init__(self, *, length: Length = 50, size: Count = 32, steps: Count = 800, leak: Share = 0.0) -> None:
        self.length, self.size, self.steps, self.leak = length, size, steps, leak

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure how much gradient is left at each distance, for every network."""
        rows: list[Row] = []
        for arm in ARMS:
            starts = [seed * STARTS + number for number in range(STARTS)]
            models = [ADDING.model({**arm.encoder, "size": self.size}, start) for start in starts]
            for start, model in zip(starts, models, strict=True):
                _start(model, arm.weights, start)
            rows += self._measured(models, seed, arm.name, "start", 0)
            if arm.learns:
                say(f"vanishing: {arm.name} learns the adding problem of {self.length} steps")
                model = ADDING.model({**arm.encoder, "size": self.size}, seed)
                taken = self._learn(model, seed)
                rows += self._measured([model], seed, arm.name, "trained", taken)
        return rows

    def _learn(self, model: SequenceModel, seed: int) -> int:
        test = ADDING.draw(numbers(seed, 2), 256, self.length)

        def enough() -> bool:
            return ADDING.right(model, test) >= 0.95

        course = learn(
            model,
            lambda g: ADDING.draw(g, ROWS, self.length),
            seed=seed,
            steps=self.steps,
            lr=1e-2,
            enough=enough,
        )
        return course.steps

    def _measured(self, models: list[SequenceModel], seed: int, arm: str, stage: str, updates: int) -> list[Row]:
        test = ADDING.draw(numbers(seed, 3), 256, self.length)
        right = float(np.mean([ADDING.right(model, test) for model in models]))
        changes = {f"*.{gate}": lambda value: value * (1 - self.leak) for gate in ("f", "z") if self.leak}
        logs = np.mean(
            [flow(one, ADDING.draw(numbers(seed, 1), ROWS, self.length), "value", changes) for one in models], 0
        )
        slope, straight = line_through(logs)
        at = {"arm": arm, "stage": stage}
        whole = {"updates": updates, "right": right, "factor": float(np.exp(slope)), "straight": straight}
        found: list[Row] = [{**at, **whole, "left": float(np.exp(logs[-1]))}]
        for distance in sorted({round(k) for k in np.linspace(0, self.length - 1, POINTS)}):
            if np.isfinite(logs[distance]):  # a gradient that is exactly zero has no logarithm
                found.append({**at, "distance": distance, "log": float(logs[distance])})
        return found

    def judge(self, rows: Rows) -> Verdict:
        """Compare factors per step with the bound of vanishing."""

        def factors(arm: str, stage: str = "start") -> list[float]:
            return values(rows, "factor", arm=arm, stage=stage)

        def apart(one: str, other: str) -> list[float]:
            return [abs(a - b) for a, b in zip(factors(one), factors(other), strict=True)]

        what = "factor of the gradient per step"
        straight = values(rows, "straight", arm=PLAIN, stage="start")
        rulings = [
            below(factors(PLAIN), SHRINKS, f"{what}, plain network before training"),
            below(factors(PLAIN, "trained"), SHRINKS, f"{what}, plain network after training"),
            above(straight, GEOMETRIC, "share of the plain network's log gradient that a straight line explains"),
            above(factors(GRU, "trained"), SHRINKS, f"{what}, GRU after training"),
            above(factors(LSTM, "trained"), SHRINKS, f"{what}, LSTM after training"),
            above(apart("rnn relu, identity", "rnn relu, small"), 1 - SHRINKS, f"{what}, relu: identity less small"),
            above(apart("rnn relu, orthogonal", PLAIN), 1 - SHRINKS, f"{what}, orthogonal: tanh less relu"),
        ]
        verdict = all_of(
            rulings,
            f"the whole 95 % interval over seeds of each factor lies on its side of {SHRINKS:.3f} per step (e^-0.05, "
            f"as in the view jacobian), a straight line explains over {GEOMETRIC:.0%} of the plain network's log "
            f"gradient, and factors of different weights or activations lie over {1 - SHRINKS:.3f} apart",
        )
        beside = tuple(
            f"not part of the claim: {what}, {arm.upper()} as built, before training: {interval(factors(arm))}"
            for arm in (GRU, LSTM)
        )
        return Verdict(verdict.answer, verdict.test, verdict.reasons + beside)

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw the gradient over distance, before training and after."""
        titles = {
            "start": "Gradient left, before training",
            "trained": "Gradient left, after learning the adding problem",
        }
        found: list[Figure] = []
        for stage, title in titles.items():
            names = [arm for arm, at in groups(rows, "arm", "stage") if at == stage]
            lines = [_line(rows, arm, stage) for arm in names]
            found.append(
                Lines(
                    title,
                    lines,
                    "steps back from the answer",
                    "gradient, as a share of that at the last step",
                    y_scale="log",
                    caption="Geometric mean over rows and seeds, with the 95 % interval over seeds.",
                )
            )
        return found

    def table(self, rows: Rows) -> Table:
        """List slopes, and what is left at the first step."""
        whole = [row for row in rows if "factor" in row]
        whats = {
            "factor": "factor per step",
            "straight": "straight",
            "left": "left at step 1",
            "right": "right answers",
        }
        return summary(
            f"Gradient over {self.length} steps",
            whole,
            ("arm", "stage"),
            {**whats, "updates": "updates"},
            "straight: the share of the log gradient's variance that a straight line explains",
        )


def _start(model: SequenceModel, weights: Weights | None, seed: int) -> None:
    """Give the recurrent weights another start."""
    matrix: Any = cell_of(model).w_hh
    with torch.no_grad(), seeded(seed):
        if weights == "identity":
            matrix.copy_(torch.eye(len(matrix)))
        elif weights == "small":
            matrix.normal_(0, 0.5 * len(matrix) ** -0.5)  # the circular law: eigenvalues of up to 1/2


def _line(rows: Rows, arm: str, stage: str) -> Line:
    """Return the geometric mean over seeds at each distance."""
    logs = over(rows, "distance", "log", arm, arm=arm, stage=stage)
    low, high = (None if end is None else np.exp(end) for end in (logs.low, logs.high))
    return Line(arm, logs.x, np.exp(logs.y), low, high)
