"""Judging: how well a model that is still training does on rows held out, and how sure that number is."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from seqloom.batch import Batch
from seqloom.comparing.gathered import Gatherer
from seqloom.comparing.items import gatherer_of
from seqloom.comparing.measure import Floats, Measure
from seqloom.comparing.measures import measure_of
from seqloom.comparing.resampling import drawn
from seqloom.model import SequenceModel
from seqloom.spec import Spec
from seqloom.state import State
from seqloom.tasks.caption import Caption
from seqloom.tasks.task import Data, Task
from seqloom.training.run import Run

DRAWS = 400
"""Bootstrap samples of the rows: a standard error is then known to within 4 % of itself."""

SPREAD = 4
"""Batches that are looked at, at least, so that rows are of all lengths."""
TRIED = 8
"""One row in so many of a batch tells how long the whole takes."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a model was worth at a moment.

    value   by the measure, with its standard error over rows (infinite where one row is all there is)
    loss    nats, by which training would choose its weights
    stats   of each row [rows, k], in the order of the data
    """

    value: float
    error: float
    loss: float
    stats: Floats
    seconds: float


class Judge:
    """Looks at models on the same rows of what is held out, by one measure."""

    def __init__(self, metric: str | None) -> None:
        self.metric = metric
        self.measure: Measure | None = None
        self.share = 1.0
        """Which part of the batches is looked at."""
        self.whole = False
        """No part can be looked at alone: a language model is judged by stretches of a whole text."""

    def keys(self, held: Data) -> Sequence[Any]:
        """Return the batches that are looked at: spread evenly, so of all lengths. A text is always read whole."""
        keys = held.order(0)
        count = max(SPREAD, math.ceil(self.share * len(keys)))
        if held.carries or count >= len(keys) or self.whole:
            return keys
        return [keys[place * len(keys) // count] for place in range(count)]

    def load(self, held: Data, key: Any) -> Batch:
        """Return the rows of a batch that are looked at: all, or its first ones where a few batches are too many."""
        batch = held.load(key)
        if held.carries or self.whole:
            return batch
        part = self.share * len(held.order(0)) / len(self.keys(held))
        return batch if part >= 1 else batch.first(max(1, round(part * len(batch.rows))))

    def seconds(self, spec: Spec, task: Task, model: SequenceModel, held: Data) -> float:
        """Return about how long a look at every row takes, by some rows of a batch from the middle.

        Raises InputError for a metric that rows have no sum of.
        """
        training, keys = model.training, held.order(0)
        gatherer = gatherer_for(spec, task, model, held, self.metric)
        try:
            with torch.no_grad():
                batch = held.load(keys[len(keys) // 2]).to(next(model.parameters()).device)
                rows = len(batch.rows)
                if not (held.carries or self.whole):
                    batch = batch.first(max(1, rows // TRIED))
                started = time.perf_counter()
                outputs, _ = model(batch)
                gatherer.add(outputs, batch)
                model.loss(outputs, batch)
        finally:
            model.train(training)
        return (time.perf_counter() - started) * len(keys) * rows / len(batch.rows)

    def look(self, spec: Spec, task: Task, model: SequenceModel, held: Data, keys: Sequence[Any] | None = None) -> Look:
        """Return what a model is worth now; its mode is put back after. Raises InputError for a metric that is none."""
        started, training = time.perf_counter(), model.training
        device = next(model.parameters()).device
        gatherer = gatherer_for(spec, task, model, held, self.metric)
        sums: dict[str, list[float]] = {}
        state: State | None = None
        try:
            with torch.no_grad():
                for key in self.keys(held) if keys is None else keys:
                    batch = self.load(held, key).to(device)
                    outputs, state = model(batch, state if held.carries else None)
                    gatherer.add(outputs, batch)
                    for name, (total, count) in model.loss(outputs, batch).items():
                        before = sums.setdefault(name, [0.0, 0.0])
                        sums[name] = [before[0] + float(total), before[1] + float(count)]
        finally:
            model.train(training)
        items = gatherer.items()
        self.measure = measure_of(items.measure)
        loss = sum(model.weights[name] * total / max(count, 1e-12) for name, (total, count) in sums.items())
        return look_of(self.measure, items.stats, loss, time.perf_counter() - started)


def gatherer_for(spec: Spec, task: Task, model: SequenceModel, held: Data, asked: str | None) -> Gatherer:
    """Return what tells the rows by the metric asked for, else by the task's usual one; captions by nats, for writing
    them takes too long. How rare rows are is left out, for which it would read all of training.

    Raises InputError for a metric that rows have no sum of.
    """
    gatherer = gatherer_of(Run(spec, task, model), held)
    gatherer.ranks = None
    gatherer.ask("loss" if asked is None and isinstance(task, Caption) else asked)
    return gatherer


def look_of(measure: Measure, stats: Floats, loss: float, seconds: float) -> Look:
    """Return the value of stats [rows, k] and its standard error, by a bootstrap over rows."""
    value = float(measure.value(stats.sum(0)))
    if len(stats) < 2:
        return Look(value, math.inf, loss, stats, seconds)
    values = drawn({"": stats[None]}, measure.value, DRAWS)[""][:, 0]
    finite = values[np.isfinite(values)]
    error = float(finite.std(ddof=1)) if len(finite) > 1 else math.inf
    return Look(value, error, loss, stats, seconds)


def difference(measure: Measure, one: Look, other: Look) -> tuple[float, float]:
    """Return how much higher `one` is than `other`, and half of the 95 % interval of that over the same rows."""
    if len(one.stats) < 2 or one.stats.shape != other.stats.shape:
        return one.value - other.value, math.nan
    values = drawn({"one": one.stats[None], "other": other.stats[None]}, measure.value, DRAWS)
    apart = (values["one"] - values["other"])[:, 0]
    return one.value - other.value, 1.96 * float(apart[np.isfinite(apart)].std(ddof=1))
