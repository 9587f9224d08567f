"""Jacobian: how much of the whole State at one step is still in it many steps later, and the verdict."""

from typing import Any

import numpy as np
import torch

from seqloom.cells.rnn import RNN
from seqloom.explaining.back_norms import DENSE, ROWS, back_norms, top
from seqloom.explaining.decay import Decay, decay
from seqloom.explaining.jacobian import largest, split
from seqloom.explaining.recurrences import Recurrence, in_the_open, recurrences
from seqloom.explaining.recurrent import Floats, heard, none_of, plain, running
from seqloom.explaining.subject import Subject
from seqloom.explaining.thinning import even
from seqloom.explaining.view import View, Viewer
from seqloom.report.figures import Figure, Line, Lines, Table
from seqloom.table import Count
from seqloom.tasks.task import Say

FEW = 20
"""Steps below which a slope says little of what comes later."""
DISTANCES = 64
"""Distances at which the norm is taken at most."""


class JacobianView(Viewer):
    """The derivative of the whole State (h, and c) at the last step T by that at t, followed over the last `steps`
    steps; and the largest singular value of single steps, `samples` of them spread over the row.

    values  PATH.distances and PATH.norms: T - t, and the norm (largest singular value) of dS_T / dS_t; PATH.sampled and
            PATH.largest: steps in reading order, from 1, and the largest singular value of dS_t / dS_{t-1}; of a plain
            RNN PATH.slope [time]: the mean of g'(a_t) over units, in input order
    """

    name = "jacobian"
    about = (
        "How a small change of the whole State (h, and c where there is one, all layers that go on as one) at a step "
        "changes it many steps later: the largest singular value of dS_T/dS_t. If the logarithm falls by more than "
        "0.05 a step the memory vanishes, if it rises by more it explodes. The horizon is where 1 % is left."
    )

    def __init__(self, *, steps: Count = 200, samples: Count = 64) -> None:
        self.steps, self.samples = steps, samples

    def refusal(self, subject: Subject) -> str | None:
        """Refuse a model without recurrence."""
        return none_of(subject, "Jacobians from state to state")

    def view(self, subject: Subject, say: Say) -> View:
        """Follow each recurrence back from its last step."""
        values: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        notes: list[str] = []
        rows: list[list[str | int | float | None]] = []
        falls: list[Line] = []
        singles: list[Line] = []
        for one in recurrences(subject):
            say(f"Jacobians of {one.title}")
            with in_the_open(subject):
                distances, norms, sampled, tops = self._measure(one)
            fate = decay(norms, distances) if len(norms) > 1 else None
            values |= {f"{one.path}.distances": distances, f"{one.path}.norms": norms}
            values |= {f"{one.path}.sampled": sampled, f"{one.path}.largest": tops}
            facts[one.path] = _facts(one, distances, norms, sampled, tops, fate)
            rows.append(_row(one, tops, fate))
            falls.append(Line(one.title, distances, np.where((norms > 0) & np.isfinite(norms), norms, np.nan)))
            singles.append(Line(one.title, sampled, tops))
            notes += self._notes(one, len(distances), fate)
        split_values, split_facts, split_figures = _split(subject)
        caption = "The first step has no change to carry." if not rows else "The verdict is that of the slope alone."
        columns = ("recurrence", "State", "verdict", "slope", "factor a step", "1 % left after", "largest of one step")
        figures: list[Figure] = [
            Table("Verdicts", columns, rows, caption),
            Lines("What is left of a change of the State", falls, "steps back", "norm of dS_T/dS_t", y_scale="log"),
            Lines("What one step does to a change", singles, "step read", "largest singular value"),
            *split_figures,
        ]
        return View(self.name, self.about, values | split_values, facts | split_facts, figures, notes)

    def _measure(self, one: Recurrence) -> tuple[Floats, Floats, Floats, Floats]:
        """Return distances and norms, sampled steps and their largest singular values."""
        length = len(one)
        first = max(0, length - self.steps)
        spans = even(length, self.samples)
        sampled = [(start + end - 1) // 2 for start, end in spans]
        states = one.states({*range(first, length), *sampled})
        tops = [top(one, step, states[step]) for step in sampled]
        wanted = {end for _, end in even(length - first, DISTANCES)}
        norms = back_norms(one, states, first, wanted)
        return (
            np.array(sorted(wanted), np.float64),
            np.array(norms, np.float64),
            np.array(sampled, np.float64) + 1,
            np.array(tops, np.float64),
        )

    def _notes(self, one: Recurrence, taken: int, fate: Decay | None) -> list[str]:
        notes = []
        if len(one) > self.steps:
            notes.append(
                f"{one.title}: of {len(one)} steps the last {self.steps} are followed back (steps), and the largest "
                f"singular value is that of {min(self.samples, len(one))} steps spread over all (samples)."
            )
        elif len(one) > min(self.samples, DISTANCES):
            notes.append(f"{one.title}: norms are taken at {taken} of {len(one)} distances, singular values likewise.")
        if one.width > DENSE:
            notes.append(
                f"{one.title}: its State holds {one.width} numbers: the {ROWS} directions that it depends on most are "
                "followed back: the norms are lower bounds, and slopes those of the bounds."
            )
        if fate is None:
            notes.append(f"{one.title}: a single step has no slope.")
        elif taken < FEW:
            notes.append(f"{one.title}: a slope over {taken} steps is that of a beginning; ask with a longer row.")
        return notes


def _facts(
    one: Recurrence, distances: Floats, norms: Floats, sampled: Floats, tops: Floats, fate: Decay | None
) -> dict[str, Any]:
    return {
        "title": one.title,
        "state": one.width,
        "steps": len(one),
        "followed": int(distances[-1]),
        "sampled": len(sampled),
        "left_at_the_farthest": plain(norms[-1]),
        "largest_of_one_step": plain(tops.max()),
        "verdict": None if fate is None else fate.verdict,
        "slope": None if fate is None else plain(fate.slope),
        "factor": None if fate is None else plain(fate.factor),
        "horizon": None if fate is None or fate.horizon is None else plain(fate.horizon),
    }


def _row(one: Recurrence, tops: Floats, fate: Decay | None) -> list[str | int | float | None]:
    most = float(f"{tops.max():.4g}")
    if fate is None:
        return [one.title, one.width, "one step", None, None, None, most]
    horizon = None if fate.horizon is None else float(f"{fate.horizon:.4g}")
    rounded = [plain(float(f"{value:.4g}")) for value in (fate.slope, fate.factor)]
    return [one.title, one.width, fate.verdict, *rounded, horizon, most]


def _split(subject: Subject) -> tuple[dict[str, Any], dict[str, Any], list[Figure]]:
    """Split the Jacobian of each plain cell, diag(g'(a_t)) W_hh, into what its activation and what its matrix does."""
    values: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    lines: list[Line] = []
    rows: list[list[str | int | float | None]] = []
    for place in running(subject):
        if not isinstance(place.cell, RNN):
            continue
        slope, matrix = split(place.cell, torch.from_numpy(heard(subject, place, ("h",))["h"]))
        mean = slope.mean(1).double().numpy()
        norm = float(largest(matrix))
        radius = float(torch.linalg.eigvals(matrix.double().cpu()).abs().max())
        spans = even(len(mean), DISTANCES * 4)
        thin = np.array([mean[start:end].mean() for start, end in spans])
        values[f"{place.path}.slope"] = thin
        facts[f"{place.path} split"] = {
            "title": place.title,
            "activation": place.cell.activation,
            "mean_slope": float(mean.mean()),
            "W_hh_norm": norm,
            "W_hh_radius": radius,
        }
        rows.append([place.title, place.cell.activation, *(float(f"{v:.4g}") for v in (mean.mean(), norm, radius))])
        lines.append(Line(place.title, np.array([start + 1.0 for start, _ in spans]), thin))
    if not rows:
        return values, facts, []
    columns = ("cell", "g", "mean of g'", "largest singular value of W_hh", "largest |eigenvalue| of W_hh")
    caption = "The Jacobian of the plain RNN is diag(g'(a_t)) W_hh: it can grow only where W_hh stretches."
    table = Table("Slope of the activation, and the matrix", columns, rows, caption)
    return values, facts, [Lines("Slope of the activation", lines, "step", "mean of g'(a_t) over units"), table]
