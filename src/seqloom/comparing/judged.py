"""What a trained run is worth: on every row, in all, and what it costs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqloom.comparing.cost import cost_of
from seqloom.comparing.grid import Grid
from seqloom.comparing.items import items_of
from seqloom.comparing.measures import measure_of
from seqloom.tasks.parts import TEST
from seqloom.tasks.task import Say
from seqloom.training.run import Run


def judged(run: Run, grid: Grid, kept: Path, course: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Return quality, metrics and cost of a run on what the plan measures on; what it is worth on each row is written
    beside.

    What it measures on is the test part, or what validation has where there is none.
    """
    on = None if grid.test is None else TEST
    items = items_of(run, on, grid.metric, say)
    items.save(kept)
    measure = measure_of(items.measure)
    quality = float(measure.value(items.stats.sum(0)))
    metrics = {name: value for name, value in run.evaluate(on, say=say).items() if isinstance(value, int | float)}
    cost = cost_of(run, course, say, on=on, seconds=grid.cost_seconds) if grid.cost_seconds else {}
    return {
        "measure": items.measure,
        "quality": quality if np.isfinite(quality) else None,
        "items": len(items.stats),
        "metrics": metrics,
        "cost": cost,
    }
