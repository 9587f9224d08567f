"""The forecasts that cost nothing, beside which every other is judged: naive, seasonal naive and drift.

Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, sections 5.2 (points) and 5.5 (spreads):

    naive           f(T+h) = y_T                                 spread s sqrt(h)
    seasonal naive  f(T+h) = y_(T + h - m (k+1))                 spread s sqrt(k+1),  k = (h-1) // m
    drift           f(T+h) = y_T + h (y_T - y_1) / (T-1)         spread s sqrt(h (1 + h / (T-1)))

s is the root of the mean squared one-step error on the past (of one season, for the second), with one less in the
divisor for the drift, which is fitted. `past` is [time, ...], each series along axis 0. NaN is a value not known: the
last known value is carried on (of its season, for the second), and h counts from it.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import InputError
from seqloom.metrics.known import Numbers


@dataclass(frozen=True)
class Naive:
    """A forecast: point [horizon, ...] and the standard deviation of its error, `spread`, of the same shape."""

    point: Numbers
    spread: Numbers

    def quantile(self, level: float) -> Numbers:
        """Return the quantile of a level in (0, 1), errors taken as normal: [horizon, ...]."""
        return np.asarray(self.point + NormalDist().inv_cdf(level) * self.spread)

    def interval(self, coverage: float) -> tuple[Numbers, Numbers]:
        """Return the lower and the upper end of the central interval of a coverage in (0, 1), e.g. 0.9."""
        return self.quantile((1 - coverage) / 2), self.quantile((1 + coverage) / 2)


def naive(past: ArrayLike, horizon: int) -> Naive:
    """Repeat the last value: past [time, ...] -> [horizon, ...]."""
    return seasonal_naive(past, horizon, 1)


def seasonal_naive(past: ArrayLike, horizon: int, season: int) -> Naive:
    """Repeat the last season. Raises InputError where the past is shorter than a season, or a season below 1.

    The spread is NaN where no two values lie a season apart.
    """
    values = _past(past, horizon, season)
    time = len(values)
    steps = np.arange(1, horizon + 1)
    point = np.empty((horizon, *values.shape[1:]))
    seasons = np.empty_like(point)
    for phase in range(min(season, horizon)):
        place = (time + phase) % season  # of the same season's place, oldest first
        last, waited = _last(values[place::season])
        point[phase::season] = last
        ahead = (steps[phase::season] - 1) // season + 1
        seasons[phase::season] = ahead.reshape(-1, *[1] * last.ndim) + waited
    return Naive(point, _deviation(values[season:] - values[:-season], 0) * np.sqrt(seasons))


def drift(past: ArrayLike, horizon: int) -> Naive:
    """Go on along the line from the first known value to the last; with one value alone it is flat, of spread NaN."""
    values = _past(past, horizon, 1)
    last, waited = _last(values)
    first, _ = _last(values[::-1])
    known = ~np.isnan(values)
    span = len(values) - 1 - waited - known.argmax(0)  # steps between the first and the last known value
    slope = (last - first) / np.maximum(span, 1)
    ahead = np.arange(1, horizon + 1).reshape(-1, *[1] * last.ndim) + waited
    spread = _deviation(np.diff(values, axis=0) - slope, 1)
    wide = np.where(span > 0, np.sqrt(ahead * (1 + ahead / np.maximum(span, 1))), np.nan)
    return Naive(np.asarray(last + ahead * slope), spread * wide)


def _past(past: ArrayLike, horizon: int, season: int) -> Numbers:
    values = np.asarray(past, np.float64)
    if season < 1 or horizon < 1:
        raise InputError(f"season={season}, horizon={horizon} cannot be used: both must be 1 or more.")
    if len(values) < season:
        raise InputError(f"a seasonal naive forecast repeats {season} values, and the past has {len(values)}.")
    return values


def _last(values: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    """Return the last known value of [time, ...], NaN where there is none, and how many unknown ones follow it."""
    known = ~np.isnan(values[::-1])
    waited = known.argmax(0)
    last = np.take_along_axis(values[::-1], np.expand_dims(waited, 0), 0)[0]
    return np.asarray(last), np.asarray(waited, np.int64)


def _deviation(errors: Numbers, fitted: int) -> Numbers:
    """Return the root of the mean square of errors [time, ...] along time, with `fitted` less in the divisor."""
    known = ~np.isnan(errors)
    count = known.sum(0) - fitted
    total = np.where(known, errors, 0.0) ** 2
    return np.asarray(np.sqrt(np.where(count > 0, total.sum(0) / np.maximum(count, 1), np.nan)))
