"""By length: a quality by how long its rows are, with an interval over rows.

Intervals are those of the bootstrap (Efron 1979; percentiles of means over rows drawn with replacement), 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS, COVERED = 1000, 95.0
LEAST = 5
"""Rows of a bin at least: an interval over fewer says nothing."""


@dataclass(frozen=True)
class Bin:
    """`rows` rows of like length, from `start` to `end` steps, both among them; their mean and its interval."""

    start: int
    end: int
    rows: int
    mean: float
    low: float
    high: float

    @property
    def name(self) -> str:
        """Such as 5-8."""
        return str(self.start) if self.start == self.end else f"{self.start}-{self.end}"


def bins_of(lengths: Ints, most: int) -> list[Ints]:
    """Return which rows [rows] go together, shortest first: `most` bins at most, of like many rows; rows of one length
    stay together."""
    values, counts = np.unique(lengths, return_counts=True)
    wanted = max(LEAST, len(lengths) / most)
    groups: list[list[int]] = [[]]
    held = 0
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        if held >= wanted and len(groups) < most:
            groups.append([])
            held = 0
        groups[-1].append(value)
        held += count
    if held < LEAST and len(groups) > 1:
        last = groups.pop()
        groups[-1] += last
    return [np.flatnonzero(np.isin(lengths, group)) for group in groups]


def by_length(lengths: Ints, sums: Floats, counts: Floats, most: int) -> list[Bin]:
    """Return the mean, sums over counts [rows], of each bin of lengths, with its interval."""
    found = []
    for rows in bins_of(lengths, most):
        low, high = interval(sums[rows], counts[rows])
        inside = lengths[rows]
        mean = float(sums[rows].sum() / counts[rows].sum())
        found.append(Bin(int(inside.min()), int(inside.max()), len(rows), mean, low, high))
    return found


def change(lengths: Ints, sums: Floats, counts: Floats, most: int) -> tuple[float, float, float] | None:
    """Return how far the last bin's mean is above the first's, with its interval; None where there is one bin alone."""
    bins = bins_of(lengths, most)
    if len(bins) < 2:
        return None
    first, last = (draws(sums[rows], counts[rows], seed) for seed, rows in enumerate((bins[0], bins[-1])))
    mean = [float(sums[rows].sum() / counts[rows].sum()) for rows in (bins[0], bins[-1])]
    low, high = _ends(last - first)
    return mean[1] - mean[0], low, high


def interval(sums: Floats, counts: Floats, seed: int = 0) -> tuple[float, float]:
    """Return the ends of the interval of the sum of `sums` over that of `counts`, each [rows]."""
    return _ends(draws(sums, counts, seed))


def draws(sums: Floats, counts: Floats, seed: int = 0) -> Floats:
    """Return means over rows drawn with replacement: [DRAWS]. A draw whose counts are all 0 has the mean of all."""
    chosen = np.random.default_rng(seed).integers(0, len(sums), (DRAWS, len(sums)))
    top, below = sums[chosen].sum(1), counts[chosen].sum(1)
    whole = sums.sum() / max(counts.sum(), 1e-12)
    return np.where(below > 0, top / np.maximum(below, 1e-12), whole)


def grouped(values: Sequence[float] | Floats, rows: Ints) -> tuple[Floats, Floats]:
    """Return sums and counts by row of values [samples], each of a row [samples]; steps of one row go together, for
    they are alike."""
    _, index = np.unique(rows, return_inverse=True)
    sums = np.bincount(index, np.asarray(values, np.float64)).astype(np.float64)
    return sums, np.bincount(index).astype(np.float64)


def _ends(means: Floats) -> tuple[float, float]:
    low, high = np.percentile(means, [(100 - COVERED) / 2, (100 + COVERED) / 2])
    return float(low), float(high)
