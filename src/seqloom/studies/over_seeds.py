"""Over seeds: the numbers of a study's rows by condition, for its tests, lines and tables.

values(rows, "accuracy", task="past")                                # one number a seed
gains(rows, "accuracy", {"reads": "both"}, {"reads": "forwards"})    # one less another, seed by seed
over(rows, "length", "accuracy", "context of 64", size=64)           # a line with its band
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqloom.report.figures import Line
from seqloom.studies.statistics import interval
from seqloom.studies.study import Rows


def values(rows: Rows, what: str, **where: Any) -> list[float]:
    """Return what was measured under some conditions, in the order of the rows. Raises ValueError where nothing was."""
    found = [float(row[what]) for row in rows if what in row and all(row.get(key) == is_ for key, is_ in where.items())]
    if not found:
        raise ValueError(f"no row holds {what} of {where}")
    return found


def gains(rows: Rows, what: str, one: Mapping[str, Any], other: Mapping[str, Any], **where: Any) -> list[float]:
    """Return what one condition has more than another, seed by seed (each measured once at a seed)."""
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    return [
        values(rows, what, seed=seed, **one, **where)[0] - values(rows, what, seed=seed, **other, **where)[0]
        for seed in seeds
    ]


def over(rows: Rows, x: str, y: str, name: str, group: str | None = None, **where: Any) -> Line:
    """Return the line of y over x under some conditions: means over seeds, and the band of their intervals."""
    places = sorted({row[x] for row in rows if y in row and all(row.get(key) == is_ for key, is_ in where.items())})
    found = [interval(values(rows, y, **{x: place}, **where)) for place in places]
    low, high = (np.array([getattr(one, end) for one in found], np.float64) for end in ("low", "high"))
    band = bool(np.isfinite(low).all())
    return Line(
        name,
        np.array(places, np.float64),
        np.array([one.mean for one in found], np.float64),
        low if band else None,
        high if band else None,
        group,
    )
