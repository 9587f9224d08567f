"""Order: is it worth modelling here at all? A simple score of rows in order, beside the same rows shuffled.

What is told of a row is told from others by a kernel method (`kernels.py`) three times: from its tokens without order
(the bag); with runs of two and three tokens and places from the start and the end; and with these again after the
tokens of every row were shuffled. If order says nothing of what is told, shuffling changes nothing but by chance, and
the interval of the difference holds 0 in 95 of 100 data sets. What only a longer reach can tell (a bracket closed a
hundred steps later) is beyond this score, which is said beside the verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from seqloom.checking.kernels import Floats, Ints, left_over, of_ids, of_numbers

ROWS = 1000
"""Rows that are scored, drawn at random."""
STEPS = 400
"""Steps of a row that are looked at."""
LEAST = 40
"""Rows below which nothing is said."""
PLACES = 64
"""Places from the start, and from the end, that are told apart."""
SEGMENTS = 16
LAGS = (1, 2, 3, 4, 6, 8, 12, 16)
Target = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True)
class Worth:
    """What order is worth: of (bag, ordered, shuffled), what is told right and what is explained.

    rows       that were scored
    right      the share of rows whose label is the likeliest one; None for numbers
    explained  1 - squared error / that of the mean, of numbers, or of labels as 0 and 1 (1 - Brier score / chance)
    drop       how much less is explained when order is shuffled, with its 95 % interval over rows or groups of them
    gain       how much more is explained in order than by the bag, likewise
    """

    rows: int
    right: tuple[float, float, float] | None
    explained: tuple[float, float, float]
    drop: tuple[float, float, float]
    gain: tuple[float, float, float]

    @property
    def shown(self) -> bool:
        """Whether a use of order is shown: shuffling costs, and order beats the bag."""
        return self.drop[1] > 0 and self.gain[1] > 0


def of_tokens(rows: Sequence[Ints], target: Target, seed: int = 0) -> Worth:
    """Return what the order of the tokens of rows is worth, to tell labels (integers) or numbers [rows]."""
    rows = [row[:STEPS] for row in rows]
    draw = np.random.default_rng(seed)
    mixed = [draw.permutation(row) for row in rows]
    return worth(_bag(rows), _ordered(rows), _ordered(mixed), target)


def of_series(rows: Sequence[Floats], target: Target, seed: int = 0) -> Worth:
    """Return what the order of the steps of series [steps, channels] is worth. Without order a series is the quantiles
    of its values; with it, the means of its segments, how it goes up and down, and its autocorrelations too."""
    draw = np.random.default_rng(seed)

    def ordered(some: Sequence[Floats]) -> list[Floats]:
        return [of_numbers(np.stack([what(row) for row in some])) for what in (_segments, _moves)]

    mixed = [draw.permutation(row) for row in rows]
    return worth(of_numbers(np.stack([_quantiles(row) for row in rows])), ordered(rows), ordered(mixed), target)


def worth(
    bag: Floats, ordered: Sequence[Floats], shuffled: Sequence[Floats], target: Target, groups: Ints | None = None
) -> Worth:
    """Return what kernels of order are worth beside that of the bag, to tell labels (integers) or numbers [rows] or
    [rows, numbers]; rows of one group are alike."""
    numbers = target.dtype.kind == "f"
    truth = _columns(target) if numbers else np.eye(int(target.max()) + 1)[target.astype(np.int64)]
    spread = max(float(truth.var(0).sum()), 1e-12)
    shares, hits = [], []
    for kernels in ([], ordered, shuffled):
        left = left_over(bag, kernels, truth)
        shares.append(1 - (left**2).sum(1) / spread)
        hits.append(float(((truth - left).argmax(1) == target).mean()))
    groups = np.arange(len(target)) if groups is None else groups
    explained = float(shares[0].mean()), float(shares[1].mean()), float(shares[2].mean())
    right = None if numbers else (hits[0], hits[1], hits[2])
    drop, gain = interval(shares[1] - shares[2], groups), interval(shares[1] - shares[0], groups)
    return Worth(len(target), right, explained, drop, gain)


def _columns(target: Target) -> Floats:
    return np.asarray(target if target.ndim == 2 else target[:, None], np.float64)


def interval(values: Floats, groups: Ints) -> tuple[float, float, float]:
    """Return the mean of values [rows] and its 95 % interval, rows of one group taken together (the ratio estimator of
    cluster sampling; Cochran 1977, 6.5)."""
    _, place = np.unique(groups, return_inverse=True)
    mean = float(values.mean())
    residuals = np.bincount(place, values - mean)
    count = len(residuals)
    error = float(np.sqrt(count / max(count - 1, 1) * (residuals**2).sum())) / len(values)
    reach = student(count - 1) * error
    return mean, mean - reach, mean + reach


def student(freedom: int) -> float:
    """Return the 97.5 % point of Student's t, by its expansion about the normal one (Abramowitz & Stegun 1964, 26.7.5);
    from four degrees of freedom on it is right to 1 %. Infinite below."""
    if freedom < 4:
        return float("inf")
    z, v = 1.959964, float(freedom)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / v + second / v**2 + third / v**3


def _flat(rows: Sequence[Ints]) -> tuple[Ints, Ints, Ints]:
    """Return all tokens, the row of each and its place in the row."""
    sizes = np.array([len(row) for row in rows])
    ids = np.concatenate(rows) if len(rows) else np.zeros(0, np.int64)
    place = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return ids.astype(np.int64), np.repeat(np.arange(len(rows)), sizes), place


def _bag(rows: Sequence[Ints]) -> Floats:
    ids, row, _ = _flat(rows)
    return of_ids(ids, row, len(rows))


def _ordered(rows: Sequence[Ints]) -> list[Floats]:
    """Return the kernels of runs of two and three tokens, and of places from the start and the end."""
    ids, row, place = _flat(rows)
    sizes = np.array([len(one) for one in rows])
    found = []
    run = ids.copy()
    for size in (2, 3):
        run = run[:-1] * 1_000_003 + ids[size - 1 :]
        whole = row[: len(run)] == row[size - 1 :]
        found.append(of_ids(run[whole], row[: len(run)][whole], len(rows)))
    for where in (place, sizes[row] - 1 - place):
        near = where < PLACES
        found.append(of_ids((ids * PLACES + where)[near], row[near], len(rows)))
    return found


def _quantiles(row: Floats) -> Floats:
    return np.asarray(np.quantile(row, [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1], axis=0).ravel())


def _segments(row: Floats) -> Floats:
    """Return the means of segments of equal length [segments * channels]."""
    edges = np.linspace(0, len(row), SEGMENTS + 1)
    steps = [row[int(a) : max(int(np.ceil(b)), int(a) + 1)].mean(0) for a, b in pairwise(edges)]
    return np.asarray(np.concatenate(steps))


def _moves(row: Floats) -> Floats:
    """Return how much neighbours differ and how values go together with those some steps later."""
    centred = row - row.mean(0)
    whole = np.maximum((centred**2).mean(0), 1e-12)
    lags = [(centred[lag:] * centred[:-lag]).sum(0) / len(row) / whole if len(row) > lag else 0 * whole for lag in LAGS]
    steps = np.diff(row, axis=0) if len(row) > 1 else np.zeros_like(row)
    return np.asarray(np.concatenate([*lags, np.abs(steps).mean(0), steps.std(0)]))
