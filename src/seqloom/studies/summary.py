"""Summaries: what was measured under each condition, over seeds, as a table or as bars; and powers of a growth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqloom.report.figures import Bars, Table
from seqloom.studies.over_seeds import values
from seqloom.studies.statistics import interval
from seqloom.studies.study import Row, Rows


def groups(rows: Rows, *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    """Return the rows by the values of some keys, in order of their first coming."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


def summary(title: str, rows: Rows, keys: Sequence[str], whats: Mapping[str, str], caption: str = "") -> Table:
    """Return a table with a row for every condition and the interval over seeds of each thing measured there.

    whats  the column's heading by the name in the rows
    """
    cells = [
        [*key, *(str(interval(values(some, what))) if any(what in row for row in some) else None for what in whats)]
        for key, some in groups(rows, *keys).items()
    ]
    return Table(title, [*keys, *whats.values()], cells, caption)


def bars(title: str, rows: Rows, keys: Sequence[str], what: str, y: str, caption: str = "") -> Bars:
    """Return a bar for every condition where something was measured, with its interval over seeds."""
    measured = groups([row for row in rows if what in row], *keys)
    found = [interval(values(some, what)) for some in measured.values()]
    names = [", ".join(map(str, key)) for key in measured]
    means, low, high = (np.array([getattr(one, part) for one in found], np.float64) for part in ("mean", "low", "high"))
    band = bool(np.isfinite(low).all())
    return Bars(title, names, means, y, low if band else None, high if band else None, caption=caption)


def exponent(x: Sequence[float], y: Sequence[float]) -> float:
    """Return p of y = c x^p, by the least squares line through the logarithms. Raises ValueError for fewer than two x,
    or a y that is not above 0."""
    if len(set(x)) < 2 or min(*x, *y) <= 0:
        raise ValueError(f"no exponent from {list(x)} and {list(y)}")
    return float(np.polyfit(np.log(np.asarray(x, np.float64)), np.log(np.asarray(y, np.float64)), 1)[0])
