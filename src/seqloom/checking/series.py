"""Series over time: how values go together with earlier ones, and whether a forecast gains by their order.

The autocorrelation at a lag is that of a series with itself so many steps later; in a series without any it lies within
1.96 / sqrt(steps) of 0 in 95 of 100 lags (Bartlett 1946).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.checking.kernels import Floats, Ints
from seqloom.checking.order import Worth, interval

LAGS = 400
WINDOWS = 4000
"""Windows that are scored at most, of all series."""
RIDGES = (1e-4, 1e-2, 1.0, 100.0)
BLOCK = 50
"""Windows that count as one for the interval: neighbours overlap. Of few windows they are fewer."""
BLOCKS = 10
LEAST = 60


@dataclass(frozen=True)
class Echo:
    """How a channel of a series goes together with itself.

    first    autocorrelation at lag 1;  season  at the season, None without one
    reach    the lag from which on it is within chance for the first time
    changes  autocorrelation at lag 1 of the changes from step to step
    chance   what it is within by chance in 95 of 100 lags
    """

    series: str
    channel: str
    steps: int
    first: float
    season: float | None
    reach: int | None
    changes: float
    chance: float

    @property
    def walk(self) -> bool:
        """Whether it is like a random walk: near to what it was, its changes like noise. Its last value is then hard to
        beat."""
        return self.first > 0.95 and abs(self.changes) <= 2 * self.chance


def autocorrelation(values: Floats, lags: int) -> Floats:
    """Return the autocorrelation of values [steps] at lags 0 to `lags`, over what is there; NaN is missing."""
    centred = values - np.nanmean(values)
    there = ~np.isnan(centred)
    flat = np.where(there, centred, 0.0)
    size = 1 << (2 * len(values)).bit_length()
    both = np.fft.irfft(np.abs(np.fft.rfft(flat, size)) ** 2, size)[: lags + 1]
    count = np.fft.irfft(np.abs(np.fft.rfft(there.astype(float), size)) ** 2, size)[: lags + 1]
    whole = both[0] / max(count[0], 1.0)
    if whole <= 0:
        return np.full(lags + 1, np.nan)
    share = 1 - np.arange(lags + 1) / len(values)  # the usual weight, by which long lags do not grow by being few
    return np.asarray(both / np.maximum(count, 1.0) * share / whole)


def echo(name: str, channel: str, values: Floats, season: int) -> Echo | None:
    """Return how a channel [steps] goes together with itself; None where it is too short or constant."""
    steps = int((~np.isnan(values)).sum())
    if steps < 8 or np.nanmax(values) == np.nanmin(values):
        return None
    lags = min(LAGS, len(values) - 2)
    found, chance = autocorrelation(values, lags), 1.96 / np.sqrt(steps)
    below = np.flatnonzero(np.abs(found[1:]) <= chance)
    changes = np.diff(values)
    after = autocorrelation(changes, 1)[1] if np.nanmax(changes) > np.nanmin(changes) else 0.0
    return Echo(
        name,
        channel,
        steps,
        float(found[1]),
        float(found[season]) if 1 < season <= lags else None,
        int(below[0]) + 1 if len(below) else None,
        float(after),
        float(chance),
    )


def of_forecasts(series: Sequence[Floats], look_back: int, seed: int = 0) -> Worth | None:
    """Return what the order of the last steps is worth to tell the next one, by a linear model of them (an
    autoregression), of series [steps] without gaps, each standardised. Without order it reads the same steps sorted.

    The first two thirds of each series are fitted, the rest is scored. None where there are too few windows.
    """
    early, late, groups = [], [], []
    for place, values in enumerate(series):
        if len(values) < look_back + LEAST:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(values, look_back + 1)
        border = len(windows) * 2 // 3
        early.append(windows[:border])
        late.append(windows[border:])
        groups.append(np.full(len(windows) - border, place))
    if not early:
        return None
    draw = np.random.default_rng(seed)
    fit, score = _some(np.concatenate(early)), _some(np.concatenate(late))
    number = _some(np.concatenate(groups))
    block = max(1, min(BLOCK, len(score) // BLOCKS))
    group: Ints = number * len(score) + np.arange(len(score)) // block
    spread = max(float(((score[:, -1] - fit[:, -1].mean()) ** 2).mean()), 1e-12)
    shares = []
    for kind in (np.sort, lambda some, axis: some, lambda some, axis: draw.permuted(some, axis=axis)):
        told = _ridge(kind(fit[:, :-1], axis=1), fit[:, -1], kind(score[:, :-1], axis=1))
        shares.append(1 - (score[:, -1] - told) ** 2 / spread)
    explained = float(shares[0].mean()), float(shares[1].mean()), float(shares[2].mean())
    drop, gain = interval(shares[1] - shares[2], group), interval(shares[1] - shares[0], group)
    return Worth(len(score), None, explained, drop, gain)


def _some(rows: NDArray[Any]) -> NDArray[Any]:
    """Return evenly spread rows, so many at most."""
    return rows[:: -(-len(rows) // WINDOWS)]


def _ridge(inputs: Floats, target: Floats, asked: Floats) -> Floats:
    """Fit target [rows] to inputs [rows, steps] and tell it of other inputs; the ridge is that of the least
    leave-one-out error."""
    mean, centre = inputs.mean(0), target.mean()
    left, values, right = np.linalg.svd(inputs - mean, full_matrices=False)
    inside = left.T @ (target - centre)
    best, least = np.zeros(inputs.shape[1]), np.inf
    for ridge in RIDGES:
        keep = values**2 / (values**2 + ridge)
        over = (target - centre - left @ (keep * inside)) / np.maximum(1 - (left**2) @ keep - 1 / len(target), 1e-9)
        if (error := float((over**2).mean())) < least:
            best, least = right.T @ (values / (values**2 + ridge) * inside), error
    return np.asarray((asked - mean) @ best + centre)
