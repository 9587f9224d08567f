"""Moments: the cells of a time column as points in time, and points in time as such cells again.

A column is written in one way throughout, which its first cell tells: 2024-01-31, 2024-01-31 06:00+09:00, 2024-01,
2024, 2024-Q1, 2024-W05, 31.01.2024, Jan 31 2024, 2024년 1월 31일, 20240131, or plain numbers. Nothing is guessed from
cell to cell, and what is no day of any calendar (30 February) is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.data.formats import BadRow

Stamps = NDArray[Any]
"""Dates as int64, plain numbers as float64."""
Order = Literal["auto", "day", "month"]
EPOCH = datetime(1970, 1, 1)
SECOND = 1_000_000
"""Stamps of dates are microseconds."""
DAY = 86_400 * SECOND
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMES: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July")
NAMES = (*NAMES, "August", "September", "October", "November", "December")
YEARS = range(1500, 2301)
"""Four digits alone are a year in this range, and steps that are counted outside of it."""

_CLOCK = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
_ZONE = r"\s?(?P<z>Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})"
_AT = rf"(?:[T ]\s*{_CLOCK}(?:{_ZONE})?)?"
_MON = r"(?P<b>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\.?"
WAYS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "date": rf"(?P<y>\d{{4}})(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}}){_AT}",
        "korean": rf"(?P<y>\d{{4}})(?:년|\.) ?(?P<m>\d{{1,2}})(?:월|\.) ?(?P<d>\d{{1,2}})(?:일|\.)?{_AT}",
        "korean month": r"(?P<y>\d{4})년 ?(?P<m>\d{1,2})월",
        "month": r"(?P<y>\d{4})[-/](?P<m>\d{1,2})",
        "quarter": r"(?P<y>\d{4})[- ]?Q(?P<q>[1-4])",
        "week": r"(?P<y>\d{4})-?W(?P<w>\d{2})",
        "month named": rf"{_MON} (?P<d>\d{{1,2}}),? (?P<y>\d{{4}}){_AT}",
        "day named": rf"(?P<d>\d{{1,2}})[- ]{_MON}[- ](?P<y>\d{{4}}){_AT}",
        "month of year": rf"{_MON}[- ](?P<y>\d{{4}})",
        "year last": rf"(?P<one>\d{{1,2}})(?P<s>[-/.])(?P<two>\d{{1,2}})(?P=s)(?P<y>\d{{4}}){_AT}",
        "compact": r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:T?(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})?)?",
        "compact month": r"(?P<y>\d{4})(?P<m>\d{2})",
        "year": r"(?P<y>\d{4})년?",
        "number": r"[+-]?(?:\d+\.?\d*|\.\d+)",
    }.items()
}
DIGITS = ("compact", "compact month", "year")
"""Ways that plain numbers may look like by chance: taken only where every cell can be one."""


@dataclass(frozen=True)
class Moments:
    """Points in time and how they are written.

    values   microseconds since 1970 (int64) of the clock where they were taken, or the numbers themselves (float64)
    way      the name of a way of writing
    pattern  what a new one is written with
    zone     the offset from UTC that every cell names ("" for none, "Z", "+09:00")
    notes    what to say aloud
    """

    values: Stamps
    way: str
    pattern: str
    zone: str = ""
    notes: tuple[str, ...] = ()

    @property
    def dated(self) -> bool:
        """Whether they are dates, not plain numbers."""
        return self.way != "number"

    def write(self, value: float) -> str:
        """Write a point in time as the column does."""
        return written(value, self.pattern, self.zone)


def written(value: float, pattern: str, zone: str = "") -> str:
    """Write a stamp by the pattern of its column; the empty pattern is for plain numbers."""
    if not pattern:
        return str(int(value)) if float(value).is_integer() else f"{value:.10g}"
    moment = EPOCH + timedelta(microseconds=int(value))
    year, week, _ = moment.isocalendar()
    return pattern.format(
        y=year if "{w" in pattern else moment.year,
        m=moment.month,
        d=moment.day,
        H=moment.hour,
        M=moment.minute,
        S=moment.second,
        f=f"{moment.microsecond:06}",
        q=(moment.month + 2) // 3,
        w=week,
        b=NAMES[moment.month - 1][:3],
        B=NAMES[moment.month - 1],
        z=zone,
    )


def parse(cells: Sequence[str], order: Order = "auto") -> tuple[Moments, tuple[int, BadRow] | None]:
    """Read a column of times; return what was read and, if a cell cannot be, its place and what is wrong.

    `order` settles 03/04/2024 where no cell of the column does: whether "day" or "month" comes first.
    """
    texts = [cell.strip() for cell in cells]
    way = _way(texts)
    if way is None:
        first = next((place for place, text in enumerate(texts) if text), 0)
        shown = texts[first][:40]
        problem = f"{shown!r} is no time that is known" if shown else "the time is missing"
        return _nothing(), (first, BadRow(problem, "Write times as 2024-01-31 or 2024-01-31 06:00"))
    if way == "number":
        values = np.zeros(len(texts))
        for place, text in enumerate(texts):
            if WAYS["number"].fullmatch(text) is None:
                return _nothing(), (place, _unlike(text, texts[0]))
            values[place] = float(text)
        return Moments(values, way, ""), None
    return _dates(texts, way, order)


def looks_dated(cells: Sequence[str]) -> bool:
    """Say whether every cell is written as a date, more than a plain number."""
    way = _way([cell.strip() for cell in cells])
    if way is None or way == "number" or way in DIGITS:
        return False
    return all(WAYS[way].fullmatch(cell.strip()) for cell in cells)


def _way(texts: Sequence[str]) -> str | None:
    first = next((text for text in texts if text), "")
    for name, pattern in WAYS.items():
        if pattern.fullmatch(first) is None:
            continue
        if name in DIGITS and not (first.endswith("년") or all(_plausible(text, pattern) for text in texts)):
            continue
        return name
    return None


def _plausible(text: str, pattern: re.Pattern[str]) -> bool:
    """Say whether digits can be a date: a year of our time, a month, a day."""
    found = pattern.fullmatch(text)
    if found is None:
        return False
    has = {name: int(value) for name, value in found.groupdict().items() if value}
    return has["y"] in YEARS and 1 <= has.get("m", 1) <= 12 and 1 <= has.get("d", 1) <= 31 and has.get("H", 0) <= 24


def _dates(texts: list[str], way: str, order: Order) -> tuple[Moments, tuple[int, BadRow] | None]:
    pattern = WAYS[way]
    found = [pattern.fullmatch(text) for text in texts]
    for place, one in enumerate(found):
        if one is None:
            return _nothing(), (place, _unlike(texts[place], texts[0]))
    matches = [one for one in found if one is not None]
    parts = [{name: value for name, value in one.groupdict().items() if value} for one in matches]
    if way == "year last":
        bad = _settle(parts, texts, order)
        if bad is not None:
            return _nothing(), bad
    clock = "H" in parts[0]
    values = np.zeros(len(texts), np.int64)
    zones: dict[str, int] = {}
    for place, has in enumerate(parts):
        if ("H" in has) != clock:
            return _nothing(), (place, _unlike(texts[place], texts[0]))
        try:
            values[place] = _stamp(has)
        except ValueError as error:
            return _nothing(), (place, BadRow(f"{texts[place]!r} is no time: {error}"))
        zones.setdefault(_zone(has.get("z", "")), place)
    notes: tuple[str, ...] = ()
    zone = next(iter(zones))
    if len(zones) > 1:
        if "" in zones:
            without = max(zones[""], min(place for name, place in zones.items() if name))
            problem = "some times name their zone and some do not, the first"
            return _nothing(), (without, BadRow(f"{problem} here", "Give every time its offset from UTC, or none"))
        for place, has in enumerate(parts):
            values[place] -= _offset(_zone(has["z"]))
        notes = (f"times come with the offsets {', '.join(sorted(zones))}; all are read as UTC",)
        zone = "Z"
    return Moments(values, way, _pattern(matches, parts, way), zone, notes), None


def _settle(parts: list[dict[str, str]], texts: list[str], order: Order) -> tuple[int, BadRow] | None:
    """Say of 31/01/2024 or 01/31/2024 which is the day: what is beyond 12 in any cell."""
    beyond = {name: [place for place, has in enumerate(parts) if int(has[name]) > 12] for name in ("one", "two")}
    if beyond["one"] and beyond["two"]:
        earlier, place = sorted((beyond["one"][0], beyond["two"][0]))
        return place, BadRow(f"{texts[place]!r} has its day where {texts[earlier]!r} has its month")
    if order == "auto" and not beyond["one"] and not beyond["two"]:
        problem = f"{texts[0]!r} may be day or month first, and no row of the file tells"
        return 0, BadRow(problem, "Say -s series.dates=day or -s series.dates=month, or write 2024-01-31")
    day_first = bool(beyond["one"]) or (order == "day" and not beyond["two"])
    if (order == "day" and beyond["two"]) or (order == "month" and beyond["one"]):
        place = (beyond["two"] or beyond["one"])[0]
        return place, BadRow(f"{texts[place]!r} has no {order} first", "Leave series.dates out")
    for has in parts:
        has["d"], has["m"] = (has["one"], has["two"]) if day_first else (has["two"], has["one"])
    return None


def _stamp(has: dict[str, str]) -> int:
    """Return microseconds since 1970. Raises ValueError for what no calendar has."""
    year = int(has["y"])
    if "w" in has:
        moment = datetime.fromisocalendar(year, int(has["w"]), 1)
    else:
        month = MONTHS.index(has["b"][:3].lower()) + 1 if "b" in has else int(has.get("m", 1))
        month = 3 * int(has["q"]) - 2 if "q" in has else month
        moment = datetime(year, month, int(has.get("d", 1)))
    hour = int(has.get("H", 0))
    if hour == 24 and int(has["M"]) == 0 and int(has.get("S", 0)) == 0:  # the end of a day, as Korean tables have it
        moment, hour = moment + timedelta(days=1), 0
    fraction = int(has.get("f", "0").ljust(6, "0")[:6])
    moment = moment.replace(hour=hour, minute=int(has.get("M", 0)), second=int(has.get("S", 0)), microsecond=fraction)
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def _zone(text: str) -> str:
    if text.upper() in ("", "Z", "UTC"):
        return "Z" if text else ""
    digits = text[1:].replace(":", "").ljust(4, "0")
    return f"{text[0]}{digits[:2]}:{digits[2:]}"


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    return (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600 + int(zone[4:]) * 60) * SECOND


def _pattern(matches: list[re.Match[str]], parts: list[dict[str, str]], way: str) -> str:
    """Return what writes a time as the first cell is written; a part is padded unless some cell has it bare."""
    first, names = matches[0], dict(zip(("one", "two"), "dm", strict=True))
    if way == "year last" and parts[0]["d"] != parts[0]["one"]:
        names = {"one": "m", "two": "d"}
    bare = {name for has in parts for name, value in has.items() if name in "mdHw" and len(value) == 1}
    bare |= {"m", "d"} if bare & {"m", "d"} else set()
    spans = sorted((first.span(name), name) for name, value in first.groupdict().items() if value and name != "s")
    text, at = "", 0
    for (start, end), name in spans:
        text += first.string[at:start].replace("{", "{{").replace("}", "}}")
        key = names.get(name, name)
        if key == "b":
            text += "{B}" if any(len(has["b"]) > 3 for has in parts) else "{b}"
        elif key in ("z", "f", "q"):
            text += f"{{{key}}}"
        else:
            width = 4 if key == "y" else 2
            text += f"{{{key}}}" if key in bare else f"{{{key}:0{width}}}"
        at = end
    return text + first.string[at:]


def _unlike(text: str, first: str) -> BadRow:
    if not text:
        return BadRow("the time is missing")
    return BadRow(f"the time {text[:40]!r} is not written as the first is, {first[:40]!r}", "Write all in one way")


def _nothing() -> Moments:
    return Moments(np.zeros(0), "number", "")
