"""One picture of all tables: how many times as fast Seqloom is, over the goal, with quartiles."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqloom.report.drawing import as_png
from seqloom.report.figures import Intervals
from sidebyside.table import SHIPPED


def picture(tables: Mapping[str, Mapping[str, Any]]) -> bytes | None:
    """Return the judged rows as a PNG, every peer as shipped; None where nothing was judged."""
    judged = [
        (row["row"], side)
        for table in tables.values()
        if table["kind"] == "contest"
        for row in table["rows"]
        for side in row["sides"]
        if side.get("hit") is not None and side["way"] == SHIPPED
    ]
    if not judged:
        return None
    shares = {
        name: np.array([side["ratio"][name] / side["goal"] for _, side in judged]) for name in ("median", "low", "high")
    }
    figure = Intervals(
        "How many times as fast Seqloom is as its peers, over the goal",
        [name for name, _ in judged],
        shares["median"],
        shares["low"],
        shares["high"],
        "x over the goal: median and quartiles over rounds; right of the line the goal is reached",
        [_family(side["of"]) for _, side in judged],
        mark=1.0,
        caption="Peers as shipped, each at its best setting. bench/results/speed.md has every number.",
    )
    return as_png(figure)


def _family(peer: str) -> str:
    """Return what a peer is drawn as: all layers of torch.nn are one."""
    return "torch.nn" if "nn." in peer else peer.split(",")[0]
