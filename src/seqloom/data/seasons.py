"""Seasons: after how many steps a series comes round again, by the calendar of its frequency or by its own echo.

The echo at a lag is the autocorrelation of the series' differences, from which a trend is gone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqloom.data.frequency import Frequency
from seqloom.data.moments import SECOND
from seqloom.data.series_table import Floats

ROUNDS: dict[str, tuple[int, ...]] = {"hour": (24, 168), "day": (7, 365), "business day": (5,), "week": (52,)}
ROUNDS |= {"month": (12,), "quarter": (4,)}
CLEAR = 0.1
"""By how much the echo of a longer season must be louder to be preferred."""
LOUD = 0.3
"""The least echo that makes a season where no calendar names one."""


def season_of(series: Sequence[Floats], frequency: Frequency) -> tuple[int, float]:
    """Return the season of series [time, channels] and its echo (-1 to 1, NaN where it cannot be told).

    1 means none. Only what is given is looked at, so give the training part.
    """
    rounds = _rounds(frequency)
    echoes = [_echoes(column) for one in series for column in one.T]
    longest = max((len(echo) for echo in echoes), default=0)
    if not longest:
        return (rounds[0] if rounds else 1), float("nan")
    total, count = np.zeros(longest), np.zeros(longest)
    for echo in echoes:
        total[: len(echo)] += echo
        count[: len(echo)] += 1
    mean = total / count
    if rounds:
        season = rounds[0]
        for other in rounds[1:]:
            if _peak(mean, other) > _peak(mean, season) + CLEAR:
                season = other
        return season, float(mean[season]) if season < longest else float("nan")
    inner = mean[2:-1]
    peaks = 2 + np.flatnonzero((inner > mean[1:-2]) & (inner >= mean[3:]) & (inner > LOUD))
    if not len(peaks):
        return 1, float("nan")
    season = int(peaks[mean[peaks] >= mean[peaks].max() - CLEAR][0])
    return season, float(mean[season])


def _peak(mean: NDArray[np.float64], lag: int) -> float:
    """Return the echo at a lag that is louder than a quarter of it earlier and later; of another there is none."""
    aside = max(1, lag // 4)
    if lag + aside >= len(mean) or mean[lag] < max(mean[lag - aside], mean[lag + aside]):
        return -1.0
    return float(mean[lag])


def _rounds(frequency: Frequency) -> tuple[int, ...]:
    if frequency.unit in ("minute", "second"):
        day, length = 86_400 * SECOND, {"minute": 60, "second": 1}[frequency.unit] * SECOND * frequency.count
        return (day // length,) if day % length == 0 else ()
    steps = ROUNDS.get(frequency.unit, ())
    return tuple(one // frequency.count for one in steps if one % frequency.count == 0 and one > frequency.count)


def _echoes(column: Floats) -> NDArray[np.float64]:
    """Return the autocorrelation of the differences at lags 0 to a third of the length; nothing of a flat series."""
    there = np.flatnonzero(~np.isnan(column))
    if len(there) < 8:
        return np.zeros(0)
    whole = np.interp(np.arange(there[0], there[-1] + 1), there, column[there])
    steps = np.diff(whole)
    steps = steps - steps.mean()
    power = float((steps**2).sum())
    if power <= 1e-12 * max(1.0, float((whole**2).sum())):
        return np.zeros(0)
    size = 1 << (2 * len(steps) - 1).bit_length()
    spectrum = np.fft.rfft(steps, size)
    echo = np.fft.irfft(spectrum * spectrum.conj(), size)[: len(steps) // 3 + 1]
    return echo / power * (len(steps) / (len(steps) - np.arange(len(echo))))  # as many products at every lag
