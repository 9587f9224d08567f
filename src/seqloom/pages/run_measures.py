"""Measures of a run with intervals over the rows that were looked at: the bootstrap's, 95 % (Efron 1979, percentiles).

An interval says how far the number would move with other rows of the same kind. It says nothing of other seeds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqloom.comparing.gathered import Gatherer
from seqloom.comparing.items import gatherer_of
from seqloom.comparing.measure import Floats, Measure
from seqloom.comparing.measures import MEASURES, measure_of
from seqloom.comparing.written import written_stats
from seqloom.explaining.by_length import COVERED, interval
from seqloom.pages.run_look import Look
from seqloom.report.figures import Table
from seqloom.tasks.forecast_batches import ForecastData
from seqloom.tasks.language import Language
from seqloom.tasks.pair_batches import PairData
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.task import Data
from seqloom.training.run import Run

DRAWS, TAIL = 1000, (100 - COVERED) / 200
Ends = tuple[float, float]


def gatherers(run: Run, data: Data) -> list[Gatherer]:
    """Return what tells single rows by each metric of a run, but for the loss, and for answers that are written."""
    if isinstance(data, PairData) or isinstance(run.task, Language):
        return []
    made = []
    written = isinstance(data, ForecastData) and data.form == "sequence"  # each asks the model for paths again
    for name in gatherer_of(run, data).known:
        slow = written and name not in ("mae", "mase")
        if "/" not in name and name != "loss" and not slow:
            one = gatherer_of(run, data)
            one.ask(name)
            made.append(one)
    return made


def measured(look: Look) -> dict[str, Ends]:
    """Return the interval of each metric of a look that is a function of sums over its rows."""
    found = {name: interval_of(stats, measure_of(name)) for name, stats in look.stats.items() if len(stats) > 1}
    if len(look.rows) > 1:
        of_head = f"{look.head}.loss"  # of several heads the loss is their weighted sum, of which rows are one part
        own = of_head if of_head in look.metrics else "loss"
        found[own] = interval_of(np.stack(look.sums(), -1), MEASURES["loss"])
        if "nats" in look.metrics:
            found["nats"] = found[own]
        if "perplexity" in look.metrics:
            found["perplexity"] = interval_of(np.stack(look.sums(), -1), MEASURES["perplexity"])
    return {name: (low, high) for name, (low, high) in found.items() if low < high}  # none where all draws are alike


def interval_of(stats: Floats, measure: Measure, seed: int = 0) -> Ends:
    """Return the ends of a measure over rows drawn with replacement, of stats [rows, k]; NaN where it has none."""
    if measure.columns[0] == "right" and stats.shape[1] == 2 and (stats[:, 1] == 1).all():
        return share_interval(stats[:, 0])
    rng, rows = np.random.default_rng(seed), len(stats)
    times = rng.multinomial(rows, np.full(rows, 1 / rows), DRAWS)  # how often each row is drawn: [draws, rows]
    values = measure.value(times @ stats)
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [(100 - COVERED) / 2, (100 + COVERED) / 2])
    return float(low), float(high)


def share_interval(right: Floats) -> Ends:
    """Return the ends of the share of rows that are right [rows], each 0 or 1, or a part between.

    Rows that are all right, or all wrong, are alike in every draw: there the interval is the exact one of a share
    (Clopper & Pearson 1934), of which one end is known.
    """
    rows = len(right)
    if not rows:
        return float("nan"), float("nan")
    if right.min() == right.max() == 1:
        return float(TAIL ** (1 / rows)), 1.0
    if right.min() == right.max() == 0:
        return 0.0, 1 - float(TAIL ** (1 / rows))
    return interval(right, np.ones(rows))


def stats_of_answers(task: PairTask, answers: Mapping[int, str], data: PairData) -> dict[str, Floats]:
    """Return by metric what can be summed over the answers that were written: [answers, k]."""
    assert data.questions is not None
    rows = sorted(answers)
    normal = task.target.normal
    pairs = [(answers[row], [normal(text) for text in data.questions.references(row)]) for row in rows]
    names = [name for score in task.scores() for name in score.higher if score.compares and name in MEASURES]
    return {name: np.asarray(written_stats(task.scores(), name, pairs), np.float64) for name in names} if rows else {}


def table(looks: Sequence[Look], intervals: Sequence[Mapping[str, Ends]], trained: Mapping[str, Any]) -> Table:
    """Return the metrics of one or several looks with their intervals, and what training's last validation said."""
    rows, seen = [], set[str]()
    for look, ends in zip(looks, intervals, strict=True):
        for name, value in look.metrics.items():
            if "/" in name or name in seen:
                continue
            seen.add(name)
            shown = "{} to {}".format(*map(number, ends[name])) if name in ends else None
            said = number(float(trained[name])) if isinstance(trained.get(name), int | float) else None
            rows.append((name, number(value), shown, len(look.rows), said))
    columns = ("metric", "value", "95 % interval", "rows", "last validation")
    return Table("", columns, rows, right=("value", "95 % interval", "last validation"))


def number(value: float) -> str:
    """Return a value to four digits after the point where it is near 1, and to four digits in all elsewhere."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 100 or value == 0 else f"{value:.4g}"
