"""How strong a value of a grid is drawn: a share from -1 to 1 of its scale, the same on a page and on a terminal."""

from dataclasses import dataclass

import numpy as np

from seqloom.report.figures import Floats, Heat

MOST = 250_000
"""Cells that are drawn; of a grid with more, neighbours are drawn as their mean."""


@dataclass(frozen=True, eq=False)
class Shades:
    """Shares of the scale [rows, columns], NaN where there is no value, and the ends of the scale.

    values   [rows, columns] what is drawn: the values themselves, or means of neighbours
    by       how many rows and columns are drawn as one
    """

    shares: Floats
    values: Floats
    low: float
    high: float
    by: tuple[int, int] = (1, 1)


def shades(heat: Heat, rows: int | None = None, columns: int | None = None) -> Shades:
    """Return what to draw of a grid, in at most so many rows and columns.

    A scale with a sign goes from -1 to 1, 0 at 0; any other from 0 at its low end to 1 at its high end.
    """
    given = np.asarray(heat.values, np.float64).reshape(len(heat.rows), len(heat.columns))
    finite = given[np.isfinite(given)]
    low = heat.low if heat.low is not None else float(finite.min(initial=np.inf)) if finite.size else 0.0
    high = heat.high if heat.high is not None else float(finite.max(initial=-np.inf)) if finite.size else 0.0
    by = _by(given.shape[0], rows), _by(given.shape[1], columns)
    while given.shape[0] * given.shape[1] / (by[0] * by[1]) > MOST:
        by = (by[0] + 1, by[1]) if given.shape[0] / by[0] > given.shape[1] / by[1] else (by[0], by[1] + 1)
    values = pooled(pooled(given, by[0], 0), by[1], 1)
    if heat.signed:
        high = max(abs(low), abs(high))
        low = -high
        shares = values / (high or 1.0)
    else:
        shares = (values - low) / ((high - low) or 1.0) if high > low else np.where(np.isnan(values), np.nan, 1.0)
        shares = shares.clip(0.0)
    return Shades(shares.clip(-1.0, 1.0), values, low, high, by)


def pooled(values: Floats, by: int, axis: int) -> Floats:
    """Average `by` neighbours along an axis, those that are not NaN."""
    if by == 1:
        return values
    starts = np.arange(0, values.shape[axis], by)
    there = np.add.reduceat((~np.isnan(values)).astype(np.float64), starts, axis)
    total = np.add.reduceat(np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf), starts, axis)
    return np.divide(total, there, out=np.full_like(total, np.nan), where=there > 0)


def pooled_names(names: list[str], by: int) -> list[str]:
    """Name groups of neighbours by the first of each."""
    return names[::by]


def _by(size: int, most: int | None) -> int:
    return max(1, -(-size // most)) if most else 1
