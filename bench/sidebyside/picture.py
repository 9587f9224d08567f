"""One picture of all tables: how many times as fast Seqloom is, with quartiles, and a tick where the goal stands."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqloom.report.drawing import as_png
from seqloom.report.figures import Intervals
from sidebyside.table import SHIPPED

HIT, MISS = "goal reached", "goal missed"


def picture(tables: Mapping[str, Mapping[str, Any]]) -> bytes | None:
    """Return the judged rows as a PNG, every peer as shipped; None where nothing was judged."""
    judged = [
        (f"{row['row']}, beside {side['of']}", side)
        for table in tables.values()
        if table["kind"] == "contest"
        for row in table["rows"]
        for side in row["sides"]
        if side.get("hit") is not None and side["way"] == SHIPPED
    ]
    if not judged:
        return None
    ratios = [side["ratio"] for _, side in judged]
    figure = Intervals(
        "How many times as fast Seqloom is, beside its peers",
        [name for name, _ in judged],
        np.array([one["median"] for one in ratios]),
        np.array([one["low"] for one in ratios]),
        np.array([one["high"] for one in ratios]),
        "x, median and quartiles over rounds; the tick is the goal",
        [HIT if side["hit"] else MISS for _, side in judged],
        [(side["goal"],) for _, side in judged],
        1.0,
        "Peers as shipped, each at its best setting. bench/results/speed.md has every number.",
    )
    return as_png(figure)
