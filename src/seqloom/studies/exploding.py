"""Exploding: gradients that grow with distance, and what clipping does (Pascanu, Mikolov & Bengio 2013)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch.nn.utils import get_total_norm, parameters_to_vector

from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Line, Lines, Table
from seqloom.spec import FitSpec
from seqloom.studies.flow import GROWS, flow, line_through
from seqloom.studies.lags import ADDING, cell_of
from seqloom.studies.learning import numbers
from seqloom.studies.over_seeds import over, values
from seqloom.studies.statistics import Verdict, above, all_of, below, exactly
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import summary
from seqloom.table import Count
from seqloom.tasks.task import Say
from seqloom.training.optimizers import build_optimizer, clip, gradients

ROWS, POINTS = 32, 26
RATE = 0.01
WITHIN = 1.001
"""How far above the clip a step may seem to be, measured as the difference of weights in float32."""
GAINS = (0.5, 1.0, 1.4)
Above = Annotated[float, Field(gt=0)]
Length = Annotated[int, Field(ge=8)]
"""Fewer steps make no line."""


@dataclass(frozen=True)
class _Training:
    name: str
    activation: Literal["relu", "tanh"]
    optimizer: Literal["sgd", "adam"]
    clipped: bool


CLIPPED, LOOSE = "relu, sgd, clipped", "relu, sgd, not clipped"
TRAININGS = (
    _Training(CLIPPED, "relu", "sgd", True),
    _Training(LOOSE, "relu", "sgd", False),
    _Training("relu, adam, not clipped", "relu", "adam", False),
    _Training("tanh, sgd, not clipped", "tanh", "sgd", False),
)


class Exploding(Study):
    """Plain networks on the adding problem whose recurrent weights start large.

    length   steps of a row
    size     width of the state
    gain     the recurrent weights start as an orthogonal matrix times this
    clip     the norm that clipped gradients are brought down to
    updates  of each training
    """

    name = "exploding"
    question = "What do recurrent weights that are too large do to the gradient, and what does clipping save?"
    claim = (
        "Large recurrent weights make the gradient grow geometrically with distance. Clipping its norm bounds every "
        "step of training; without clipping the weights end as NaN."
    )
    method = (
        "A plain network starts from recurrent weights that are an orthogonal matrix times a gain, so that every "
        "singular value is that gain. The gradient of its answer to the adding problem is measured at every step back, "
        "for relu and tanh. Then networks with the largest gain are trained by gradient descent at a rate of 0.01, "
        "with and without clipping the norm of the gradient; beside them one with Adam and one with tanh, not clipped. "
        "A step is |change of the weights| / rate."
    )
    source = "Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, sections 2.1 and 3.2; Bengio, Simard & Frasconi 1994"
    reading = (
        "First figure, logarithmic: lines that rise explode, lines that fall vanish; relu passes half of its units, so "
        "that its gradient begins to grow at a gain of about 1.4 and not of 1. Second figure: the size of each update; "
        "a line that ends early ended in NaN. Not every training without clipping does: tanh bounds the state, so that "
        "its loss stays finite whatever the weights, and Adam divides each step by the gradient's own size. Both may "
        "learn nothing all the same: look at the loss at the end."
    )
    exercise = (
        "How small must the gain be for the network that is not clipped to survive (`seqloom study exploding -s "
        "gain=1.2`)? Then take a gain of 2: the gradient's norm itself grows beyond what a float32 holds at some "
        "seeds, and a step that is divided by it is zero. Clipping bounds steps; what does it not save?"
    )
    control: ClassVar[Mapping[str, Any]] = {"gain": 0.5}
    control_about = "The recurrent weights start small, so that there is nothing to explode and nothing to clip."
    tiny: ClassVar[Mapping[str, Any]] = {"updates": 15}
    seeds = 5

    def __init__(
        self, *, length: Length = 50, size: Count = 32, gain: Above = 1.7, clip: Above = 1.0, updates: Count = 100
    ) -> None:
        self.length, self.size, self.gain, self.clip, self.updates = length, size, gain, clip, updates

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure how gradients grow with distance by gain and activation, and what becomes of each training."""
        rows: list[Row] = []
        for activation in ("relu", "tanh"):
            for gain in sorted({*GAINS, self.gain}):
                rows += self._flow(seed, activation, gain)
        for training in TRAININGS:
            say(f"exploding: training {training.name}")
            rows += self._train(seed, training)
        return rows

    def _model(self, seed: int, activation: str, gain: float) -> SequenceModel:
        model = ADDING.model({"kind": "rnn", "size": self.size, "activation": activation}, seed)
        matrix: Any = cell_of(model).w_hh
        with torch.no_grad():
            matrix.mul_(gain)  # it is built orthogonal
        return model

    def _flow(self, seed: int, activation: str, gain: float) -> list[Row]:
        batch = ADDING.draw(numbers(seed, 1), ROWS, self.length)
        logs = flow(self._model(seed, activation, gain), batch, "value")
        at = {"arm": f"{activation}, gain {gain:g}", "activation": activation, "gain": gain}
        rows: list[Row] = [{**at, "factor": math.exp(line_through(logs)[0])}]
        for distance in sorted({round(k) for k in np.linspace(0, self.length - 1, POINTS)}):
            if np.isfinite(logs[distance]):
                rows.append({**at, "distance": distance, "log": float(logs[distance])})
        return rows

    def _train(self, seed: int, training: _Training) -> list[Row]:
        """Train, going on whatever the numbers become, until a weight is no number."""
        model, data = self._model(seed, training.activation, self.gain), numbers(seed)
        fit = FitSpec(optimizer=training.optimizer, lr=RATE, clip=self.clip if training.clipped else None)
        optimizer = build_optimizer(model, fit)
        steps: list[float] = []
        losses: list[float] = []
        ended = None
        model.train()
        for update in range(1, self.updates + 1):
            batch = ADDING.draw(data, ROWS, self.length)
            total, count = model.loss(model(batch)[0], batch)["value"]
            optimizer.zero_grad()
            (total / count).backward()
            before = parameters_to_vector(model.parameters()).detach().clone()
            clip(model, fit, get_total_norm(gradients(model)))
            optimizer.step()
            after = parameters_to_vector(model.parameters()).detach()
            if not bool(after.isfinite().all()):
                ended = update
                break
            steps.append(float((after.double() - before.double()).norm()) / RATE)
            losses.append(float(total.detach() / count))
        whole = {
            "training": training.name,
            "broke": ended is not None,
            "ended": ended,
            "largest": max(steps, default=None),
            "beyond": sum(step > self.clip * WITHIN for step in steps),
            "loss": losses[-1] if losses and ended is None and math.isfinite(losses[-1]) else None,
        }
        kept = [update for update in range(len(steps)) if update < 10 or update % 5 == 4]
        return [{key: value for key, value in whole.items() if value is not None}] + [
            {"training": training.name, "update": update + 1, "log": math.log10(max(steps[update], 1e-12))}
            for update in kept
        ]

    def judge(self, rows: Rows) -> Verdict:
        """Compare growth with its bound, steps with the clip, and count the trainings that broke."""
        arm = f"relu, gain {self.gain:g}"
        rulings = [
            above(values(rows, "factor", arm=arm), GROWS, f"factor of the gradient per step, {arm}"),
            exactly(values(rows, "beyond", training=CLIPPED), 0, f"updates larger than the clip, {CLIPPED}"),
            below(values(rows, "broke", training=CLIPPED), 0.5, f"share of trainings that end in NaN, {CLIPPED}"),
            above(values(rows, "broke", training=LOOSE), 0.5, f"share of trainings that end in NaN, {LOOSE}"),
        ]
        return all_of(
            rulings,
            f"the 95 % interval over seeds of the gradient's factor per step lies above {GROWS:.3f}; no clipped "
            "update is larger than the clip; and most trainings break without clipping, and do not with it",
        )

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw the gradient over distance, and the size of every step."""
        arms = list(dict.fromkeys(row["arm"] for row in rows if "arm" in row))
        flows = [_powers(over(rows, "distance", "log", arm, arm.split(",")[0], arm=arm), np.e) for arm in arms]
        trainings = list(dict.fromkeys(row["training"] for row in rows if "update" in row))
        steps = [_powers(over(rows, "update", "log", one, training=one), 10.0) for one in trainings]
        return [
            Lines(
                "Gradient, as a share of that at the last step",
                flows,
                "steps back from the answer",
                "gradient",
                y_scale="log",
                caption="Before training, by activation and by the gain of the recurrent weights.",
            ),
            Lines(
                "Size of each update",
                steps,
                "update",
                "|change of the weights| / rate",
                y_scale="log",
                caption=f"Gain {self.gain:g}. A line ends where the weights are no numbers any more.",
            ),
        ]

    def table(self, rows: Rows) -> Table:
        """List what became of each training."""
        whats = {
            "broke": "share that ends in NaN",
            "ended": "at update",
            "largest": "largest step",
            "beyond": "steps beyond the clip",
            "loss": "loss at the end",
        }
        return summary(
            f"Trainings from recurrent weights of gain {self.gain:g}",
            [row for row in rows if "broke" in row],
            ("training",),
            whats,
            "The loss is that of trainings that did not break; saying 1 always has 0.17.",
        )


def _powers(logs: Line, base: float) -> Line:
    low, high = (None if end is None else base**end for end in (logs.low, logs.high))
    return Line(logs.name, logs.x, base**logs.y, low, high, logs.group)
