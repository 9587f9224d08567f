"""The bottleneck: what one State can carry, over the rows of a file.

Two measurements: how the quality of answers goes with the length of the source (Cho et al. 2014, arXiv:1409.1259,
figure 4; Bahdanau et al. 2015, arXiv:1409.0473, figure 2), and how many steps back a linear probe reads from the state
(reading_back.py).
"""

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound

from seqloom.explaining.by_length import Bin, by_length, change, interval
from seqloom.explaining.passing import Passed, own_answers, pass_over
from seqloom.explaining.reading_back import Lag, reach, reading_back
from seqloom.explaining.subject import Subject
from seqloom.explaining.view import View, Viewer
from seqloom.heads.copy import CopyHead
from seqloom.heads.tokens import TokensHead
from seqloom.report.figures import Figure, Floats, Line, Lines, Table
from seqloom.table import Count
from seqloom.tasks.task import Say

OWN = "own answers"


class BottleneckView(Viewer):
    """Quality by length, and reading back, of a file.

    rows     of the file that are measured, at most (whole batches, so a few more); chosen by `seed`
    answers  of them that are answered freely, where a text is written to a text; 0: none
    bins     of lengths, at most
    back     steps that the probe goes back, at most
    classes  tokens that the probe tells apart: the most frequent

    values  `mean.HEAD` and `mean.own answers` [(mean, low, high)];
            `quality.HEAD` and `quality.own answers` [bins, (start, end, rows, mean, low, high)];
            `reading back` [lags, (back, states, state, low, high, guess, shuffled)]
    """

    name = "bottleneck"
    through_data = True
    about = (
        "What one State can carry, over a file: quality by the length of the source, and how many steps back a linear "
        "probe reads from the state, beside what could be known without it. Bands are 95 % over rows (bootstrap)."
    )

    def __init__(
        self,
        *,
        rows: Count = 1000,
        answers: Annotated[int, Bound(ge=0)] = 100,
        bins: Count = 6,
        back: Count = 20,
        classes: Count = 100,
        seed: int = 1,
    ) -> None:
        self.rows, self.answers, self.bins = rows, answers, bins
        self.back, self.classes, self.seed = back, classes, seed

    def refusal(self, subject: Subject) -> str | None:
        """Refuse without a file."""
        if subject.data is None:
            return "it goes through the rows of a file with answers: name one, such as --data test.tsv."
        return None

    def view(self, subject: Subject, say: Say) -> View:
        """Measure. Raises InputError for a file that the run cannot be evaluated on."""
        run, path = subject.run, str(subject.data)
        found = pass_over(run, path, self.rows, self.seed, say)
        notes: list[str] = [f"{path}: a sample of its rows, chosen by batches with seed {self.seed}."] * found.some
        values: dict[str, Floats] = {}
        facts: dict[str, Any] = {"file": path, "quality": {}, "reach": None}
        figures: list[Figure] = []
        self._quality(subject, found, values, facts, figures, notes, say)
        self._probe(found, values, facts, figures, notes)
        return View(self.name, self.about, values, facts, figures, notes)

    def _quality(
        self,
        subject: Subject,
        found: Passed,
        values: dict[str, Floats],
        facts: dict[str, Any],
        figures: list[Figure],
        notes: list[str],
        say: Say,
    ) -> None:
        each: dict[str, tuple[str, NDArray[np.int64], Floats, Floats]] = {
            head: (what, np.array(found.lengths, np.int64), sums, counts)
            for head, (what, sums, counts) in found.quality.items()
        }
        lengths, near = own_answers(subject.run, str(subject.data), self.answers, self.seed, say)
        if lengths:
            each[OWN] = ("letters right of the run's own answers", np.array(lengths), near, np.ones(len(near)))
        cells: list[list[str | int | float | None]] = []
        for name, (what, steps, sums, counts) in each.items():
            kept = counts > 0
            steps, sums, counts = steps[kept] if len(steps) else steps, sums[kept], counts[kept]
            if not len(sums):
                continue
            mean, (low, high) = float(sums.sum() / counts.sum()), interval(sums, counts)
            cells.append([name, what, len(sums), mean, low, high])
            values[f"mean.{name}"] = np.array([mean, low, high])
            facts["quality"][name] = {"measure": what, "rows": len(sums), "mean": mean, "low": low, "high": high}
            if not len(steps):
                continue
            bins = by_length(steps, sums, counts, self.bins)
            facts["quality"][name]["bins"] = [_told(one) for one in bins]
            values[f"quality.{name}"] = np.array(
                [(one.start, one.end, one.rows, one.mean, one.low, one.high) for one in bins], np.float64
            ).reshape(-1, 6)
            moved = change(steps, sums, counts, self.bins)
            if moved is not None:
                facts["quality"][name]["change"] = dict(zip(("difference", "low", "high"), moved, strict=True))
                figures.append(_drawn(name, what, bins))
        drawn = bool(figures)
        figures.insert(0, Table("quality of all rows", ["of", "measure", "rows", "mean", "low", "high"], cells))
        if not found.lengths:
            notes.append("This run reads no source, so that there is no length to compare by.")
        elif not drawn:
            notes.append(f"All sources have about {max(found.lengths)} steps, so that none is longer than another.")
        if any(isinstance(head, TokensHead | CopyHead) for head in subject.run.model.heads.values()):
            notes.append("Of written answers `share right` is told with the true tokens before each heard.")

    def _probe(
        self,
        found: Passed,
        values: dict[str, Floats],
        facts: dict[str, Any],
        figures: list[Figure],
        notes: list[str],
    ) -> None:
        if found.place is None:
            notes.append(
                "Nothing is carried from step to step in this model: every step stays in sight (or a mean is taken), "
                "so that there is no state to read back from."
            )
            return
        lags = [] if found.heard is None else reading_back(found.heard, self.back, self.classes, self.seed)
        if not lags:
            notes.append("The file has too few steps to learn a probe and to judge it: give one with more rows.")
            return
        far = reach(lags)
        facts["reach"], facts["probed"] = far, found.place.path
        facts["reading back"] = [vars(one) for one in lags]
        values["reading back"] = np.array(
            [(one.back, one.states, one.state, one.low, one.high, one.guess, one.shuffled) for one in lags], np.float64
        )
        assert found.heard is not None
        figures.append(_read_back(lags, found.place.title, found.heard.read.ndim == 1))
        beyond = f"; lags beyond {lags[-1].back} were not measured" if far == lags[-1].back else ""
        told = "not even the step that was just read" if far is None else f"{far} steps back"
        notes.append(f"{found.place.title}: a linear probe reads {told} better than it could be guessed{beyond}.")


def _told(one: Bin) -> dict[str, Any]:
    return {"steps": one.name, "rows": one.rows, "mean": one.mean, "low": one.low, "high": one.high}


def _drawn(name: str, what: str, bins: list[Bin]) -> Figure:
    at = np.arange(len(bins), dtype=np.float64)
    mean, low, high = (np.array([getattr(one, key) for one in bins]) for key in ("mean", "low", "high"))
    rows = ", ".join(str(one.rows) for one in bins)
    line = Line(what, at, mean, low, high)
    ticks = [one.name for one in bins]
    return Lines(f"{name} by length", [line], "steps of the source", what, ticks=ticks, caption=f"rows: {rows}")


def _read_back(lags: list[Lag], title: str, tokens: bool) -> Figure:
    at = np.array([one.back for one in lags], np.float64)
    low, high = np.array([one.low for one in lags]), np.array([one.high for one in lags])
    names = {"state": "from the state", "guess": "guessed from the step just read", "shuffled": "shuffled"}
    lines = [
        Line(
            said,
            at,
            np.array([getattr(one, key) for one in lags]),
            low if key == "state" else None,
            high if key == "state" else None,
        )
        for key, said in names.items()
    ]
    what = "share of tokens told right" if tokens else "share of variance told (R^2)"
    return Lines(f"read back from {title}", lines, "steps back", what)
