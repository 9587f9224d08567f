"""Frequency: how far apart the steps of a series are, found from its times and checked, and the times to come.

Months, quarters and years count by the calendar, business days leave Saturday and Sunday out, "row" takes rows as they
come whatever their times say, and everything else is a fixed length of time, or a fixed difference of plain numbers.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.data.moments import DAY, SECOND, Stamps
from seqloom.errors import InputError, nearest

LENGTHS = {
    "millisecond": SECOND // 1000,
    "second": SECOND,
    "minute": 60 * SECOND,
    "hour": 3600 * SECOND,
    "day": DAY,
    "week": 7 * DAY,
}
CALENDAR = {"month": 1, "quarter": 3, "year": 12}
UNITS = (*LENGTHS, "business day", *CALENDAR, "step", "row")
SHORT = {"ms": "millisecond", "s": "second", "min": "minute", "t": "minute", "h": "hour", "d": "day", "w": "week"}
SHORT |= {"b": "business day", "business": "business day", "m": "month", "q": "quarter", "y": "year", "a": "year"}
SHORT |= {"businessday": "business day", "number": "step", "초": "second", "분": "minute", "시간": "hour", "일": "day"}
SHORT |= {"주": "week", "월": "month", "분기": "quarter", "년": "year", "영업일": "business day"}
ENOUGH = 0.5
"""The share of differences that must be one step before a step is believed to be found."""
BUSINESS = 10
"""Days in a row, none of them at a weekend, that make business days."""

Positions = NDArray[np.int64]


class Irregular(Exception):
    """Times that are not regular: which series and row (in its order) shows it first, and what is wrong."""

    def __init__(self, series: int, row: int, problem: str) -> None:
        super().__init__(problem)
        self.series, self.row, self.problem = series, row, problem


@dataclass(frozen=True)
class Frequency:
    """One step: `count` units; the unit "step" counts plain numbers, `size` apart."""

    unit: str
    count: int = 1
    size: float = 1.0

    def __str__(self) -> str:
        if self.unit == "step":
            return "step" if self.size == 1 else f"step of {self.size:g}"
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"

    @property
    def dated(self) -> bool:
        """Whether its times are dates."""
        return self.unit not in ("step", "row")

    def positions(self, stamps: Stamps) -> Positions:
        """Return how many steps each stamp lies after the first; they must be sorted. Raises Irregular for one between.

        Of months one day each is enough, whichever it is.
        """
        if self.unit == "row" or len(stamps) == 0:
            return np.arange(len(stamps))
        if self.unit == "step":
            exact = (stamps - stamps[0]) / self.size
            bad = np.abs(exact - np.round(exact)) > 1e-3
            steps = np.round(exact).astype(np.int64)
        elif self.unit in CALENDAR:
            months = _months(stamps)
            steps, rest = np.divmod(months - months[0], CALENDAR[self.unit] * self.count)
            bad = rest != 0
        elif self.unit == "business day":
            days = (stamps // DAY).astype("datetime64[D]")
            steps = np.busday_count(days[0], days).astype(np.int64)
            steps, rest = np.divmod(steps, self.count)
            bad = (rest != 0) | ~np.is_busday(days) | (stamps % DAY != stamps[0] % DAY)
        else:
            steps, rest = np.divmod((stamps - stamps[0]).astype(np.int64), LENGTHS[self.unit] * self.count)
            bad = rest != 0
        if bad.any():
            raise Irregular(0, int(bad.argmax()), f"it is no whole number of steps after the first (one step: {self})")
        return steps.astype(np.int64)

    def ahead(self, stamps: Stamps, positions: Positions, count: int) -> Stamps:
        """Return the stamps of the `count` steps after the last of a series."""
        steps = np.arange(1, count + 1)
        last = stamps[-1]
        if self.unit in ("step", "row"):
            return np.asarray(last + steps * self.size, np.float64)
        if self.unit == "business day":
            day = (np.array([last]) // DAY).astype("datetime64[D]")[0]
            days = np.busday_offset(day, steps * self.count, roll="backward")
            return days.astype("datetime64[D]").astype(np.int64) * DAY + int(last) % DAY
        if self.unit in CALENDAR:
            return _later_months(np.asarray(stamps, np.int64), steps * CALENDAR[self.unit] * self.count)
        return int(last) + steps * LENGTHS[self.unit] * self.count

    def between(self, stamps: Stamps, positions: Positions) -> Stamps:
        """Return the stamps of every step from the first to the last, those given among them."""
        grid: Stamps = np.zeros(int(positions[-1]) + 1, stamps.dtype)
        grid[positions] = stamps
        missing = np.flatnonzero(~np.isin(np.arange(len(grid)), positions))
        for start in _runs(missing):
            before = int(np.searchsorted(positions, start[0])) - 1
            grid[start] = self.ahead(stamps[: before + 1], positions[: before + 1], len(start))
        return grid


def parse(text: str) -> Frequency:
    """Read "hour", "15 minutes", "15min", "business day", "row". Raises InputError for what is none."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)?\s*([^\W\d][^\d]*?)\s*", text)
    name = found.group(2).lower() if found else ""
    name = SHORT.get(name, name)
    if name not in UNITS and name.endswith("s"):
        name = SHORT.get(name[:-1], name[:-1])
    if found is None or name not in UNITS:
        raise InputError(f"series.frequency: unknown frequency {text!r}" + nearest(text, UNITS, 'such as "15 minutes"'))
    amount = float(found.group(1) or 1)
    if amount <= 0 or (name != "step" and not amount.is_integer()) or (name == "row" and amount != 1):
        raise InputError(f"series.frequency: {text!r} cannot be; say a whole number of {name}s.")
    return Frequency(name, 1, amount) if name == "step" else Frequency(name, int(amount))


def find(series: Sequence[Stamps], dated: bool, way: str = "") -> Frequency:
    """Return the step of series of times, each sorted and without repeats. Raises Irregular where there is none."""
    longest = max(range(len(series)), key=lambda one: len(series[one]))
    if len(series[longest]) < 2:
        raise Irregular(longest, 0, "no series has two times, so no step can be found")
    differences = np.concatenate([np.diff(stamps) for stamps in series])
    if not dated:
        size, _ = _commonest(np.round(differences, 9))
        return Frequency("step", 1, float(size))
    if way in ("year", "quarter", "month", "korean month", "month of year", "compact month") or _by_month(series):
        months = np.concatenate([np.diff(_months(stamps)) for stamps in series])
        size, share = _commonest(months)
        _believe(share, series, longest, months, "months")
        for unit in ("year", "quarter"):
            if size % CALENDAR[unit] == 0:
                return Frequency(unit, int(size) // CALENDAR[unit])
        return Frequency("month", int(size))
    size, share = _commonest(differences)
    days = np.concatenate(list(series)) // DAY
    if size == DAY and len(days) >= BUSINESS and np.is_busday(days.astype("datetime64[D]")).all():
        return Frequency("business day")
    _believe(share, series, longest, differences // SECOND, "seconds")
    for unit, length in reversed(LENGTHS.items()):
        if size % length == 0:
            return Frequency(unit, int(size) // length)
    raise Irregular(longest, 1, "its steps are shorter than a millisecond")


def _by_month(series: Sequence[Stamps]) -> bool:
    """Say whether dates lie on one day of the month, or each on the last of its month, at least a month apart."""
    for stamps in series:
        if len(stamps) < 2:
            continue
        if np.diff(stamps).min() < 28 * DAY or len(set((stamps % DAY).tolist())) > 1:
            return False
        days = (stamps // DAY).astype("datetime64[D]")
        of_month = (days - days.astype("datetime64[M]")).astype(np.int64)
        if len(set(of_month.tolist())) > 1 and not _ends(stamps).all():
            return False
    return True


def _ends(stamps: Stamps) -> NDArray[np.bool_]:
    days = (stamps // DAY).astype("datetime64[D]")
    return (days + 1).astype("datetime64[M]") != days.astype("datetime64[M]")


def _months(stamps: Stamps) -> Positions:
    return (stamps // DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _later_months(stamps: NDArray[np.int64], steps: Positions) -> NDArray[np.int64]:
    """Return the same day of later months, or their last: of series that lie on ends of months, and of short months."""
    clock = int(stamps[-1] % DAY)
    starts = (_months(stamps[-1:]) + steps).astype("datetime64[M]")
    lengths = ((starts + 1).astype("datetime64[D]") - starts.astype("datetime64[D]")).astype(np.int64)
    days = (stamps // DAY).astype("datetime64[D]")
    of_month = (days - days.astype("datetime64[M]")).astype(np.int64)
    day = 30 if len(stamps) > 1 and _ends(stamps).all() else int(of_month[-1])
    return (starts.astype("datetime64[D]").astype(np.int64) + np.minimum(day, lengths - 1)) * DAY + clock


def _commonest(values: NDArray) -> tuple[float, float]:
    """Return the commonest value, the smallest of several, and its share."""
    counts = Counter(values.tolist())
    value = min(counts, key=lambda one: (-counts[one], one))
    return value, counts[value] / len(values)


def _believe(share: float, series: Sequence[Stamps], place: int, differences: NDArray, unit: str) -> None:
    if share < ENOUGH:
        common = [f"{value:g}" for value, _ in Counter(differences.tolist()).most_common(3)]
        raise Irregular(place, 1, f"the times are not regular: their commonest steps are {', '.join(common)} {unit}")


def _runs(places: Positions) -> list[Positions]:
    """Cut ascending places into runs of neighbours."""
    return np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
