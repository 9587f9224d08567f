"""Which columns of a table are the time, the name of the series, the values, and what is known beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from seqloom.data.header import clean
from seqloom.data.moments import looks_dated
from seqloom.data.series_table import SAMPLE, Table, holds_numbers
from seqloom.errors import InputError, nearest

_TIMES = """
date datetime timestamp date_time ds time day week month quarter year period
일시 날짜 일자 날짜시간 측정일시 거래일 시각 시간 연월 년월 연도 년도
"""
TIMES = tuple(_TIMES.split())
"""Names that a column of times usually bears, the surest first."""
_IDS = "id unique_id series_id series item_id item symbol ticker store sensor station 종목 종목코드 지점 지점명"
IDS = frozenset(_IDS.split())
COUNTERS = ("t", "step", "no", "no.", "index", "idx", "row", "unnamed: 0", "번호", "순번", "연번")
"""Names under which a file numbers its rows."""
PARTS = ("year", "month", "day", "hour", "minute")
"""Columns that make up a time together."""


@dataclass(frozen=True)
class Columns:
    """What a person asked for: names of columns, None or nothing where the file should tell."""

    time: str | None = None
    id: str | None = None
    values: Sequence[str] | None = None
    past: Sequence[str] = ()
    known: Sequence[str] = ()

    @property
    def named(self) -> list[str]:
        """Every name asked for."""
        one = [name for name in (self.time, self.id) if name is not None]
        return [*_names(one), *(self.values or ()), *self.past, *self.known]


@dataclass(frozen=True)
class Chosen:
    """The columns that are used: `time` holds one, none (rows are steps), or the parts of a time from the year on."""

    time: list[str]
    id: str | None
    values: list[str]
    past: list[str]
    known: list[str]
    notes: list[str] = field(default_factory=list)


def choose(table: Table, asked: Columns, *, values_too: bool = True) -> Chosen:
    """Return the columns of a table, those asked for and otherwise those that look the part.

    `values_too` False lets a file lack columns of values. Raises InputError for a name that no column bears, for one
    used twice, and where there is nothing to forecast.
    """
    notes: list[str] = []
    past = [_find(table, name, "series.past") for name in asked.past]
    known = [_find(table, name, "series.known") for name in asked.known]
    values = None if asked.values is None else [_find(table, name, "series.values") for name in asked.values]
    used = [*past, *known, *(values or ())]
    if asked.time is not None:
        time = [_find(table, name, "series.time") for name in _names([asked.time])]
    else:
        time = _time(table, used, notes)
    used += time
    name = None if asked.id is None else _find(table, asked.id, "series.id")
    if name is None:
        name = _id(table, used, time, notes)
    used += [] if name is None else [name]
    twice = next((column for column in used if used.count(column) > 1), None)
    if twice is not None:
        raise InputError(
            f"{table.path}: column '{twice}' is asked for twice; a column is time, id, values, past or known."
        )
    if values is None:
        values = _values(table, used, notes)
    if values_too and not values:
        raise InputError(
            f"{table.path}: there is no column of numbers to forecast; it has {', '.join(table.columns[:20])}. Name it "
            "with -s series.values=NAME."
        )
    return Chosen(time, name, values, past, known, notes)


def times(table: Table, columns: Sequence[str]) -> list[str]:
    """Return the cells of the time; parts from the year on are joined as ISO 8601 writes them."""
    if len(columns) == 1:
        return table.text(columns[0])
    cells = [table.text(column) for column in columns]
    joined = []
    for parts in zip(*cells, strict=True):
        padded = [part.strip().zfill(2) for part in parts]
        day = "-".join(padded[:3])
        joined.append(f"{day} {padded[3]}:{padded[4] if len(padded) > 4 else '00'}" if len(padded) > 3 else day)
    return joined


def _names(asked: Sequence[str]) -> list[str]:
    return [name.strip() for one in asked for name in one.split(",")]


def _find(table: Table, name: str, key: str) -> str:
    wanted = clean(name)
    if wanted in table.columns:
        return wanted
    folded = [column for column in table.columns if column.casefold() == wanted.casefold()]
    if len(folded) == 1:
        return folded[0]
    raise InputError(f"{table.path} has no column '{name}'" + nearest(wanted, table.columns, key))


def _time(table: Table, used: Sequence[str], notes: list[str]) -> list[str]:
    """Return the column that bears a usual name, else the one that holds dates; the parts of a time; or nothing."""
    folded = {column.casefold(): column for column in table.columns if column not in used}
    parts = [folded[name] for name in PARTS if name in folded]
    if len(parts) >= 3 and PARTS[: len(parts)] == tuple(part.casefold() for part in parts):
        notes.append(f"{table.path}: the columns {', '.join(parts)} are read together as the time (series.time)")
        return parts
    for name in TIMES:
        if name in folded:
            return [folded[name]]
    for column in folded.values():
        if looks_dated(table.text(column)[:SAMPLE]):
            notes.append(f"{table.path}: column '{column}' holds dates and is read as the time (series.time)")
            return [column]
    for column in folded.values():
        if column.casefold() in COUNTERS and _counts(table.text(column)):
            return [column]
    notes.append(f"{table.path}: no column holds dates, so each row is a step after the one before (series.time)")
    return []


def _id(table: Table, used: Sequence[str], time: Sequence[str], notes: list[str]) -> str | None:
    """Return the column that names series: of a usual name, or of text where times repeat without it."""
    free = [column for column in table.columns if column not in used]
    cells = times(table, time) if time else []
    if time and len(set(cells)) == len(cells):
        return None
    usual = [column for column in free if column.casefold() in IDS]
    texts = [column for column in free if not holds_numbers(table.text(column)) and any(table.text(column))]
    for column in [*usual, *texts] if time else usual:
        names = table.text(column)
        if not time or len(set(zip(names, cells, strict=True))) == len(cells):
            notes.append(
                f"{table.path}: column '{column}' names {len(set(names))} series under one another (series.id)"
            )
            return column
    return None


def _values(table: Table, used: Sequence[str], notes: list[str]) -> list[str]:
    values, texts = [], []
    for column in table.columns:
        if column in used:
            continue
        cells = table.text(column)
        if column.casefold() in COUNTERS and _counts(cells):
            notes.append(f"{table.path}: column '{column}' numbers the rows and is left out (series.values)")
        elif holds_numbers(cells):
            values.append(column)
        elif any(cell.strip() for cell in cells):
            texts.append(column)
    if texts and values:
        shown = ", ".join(f"'{name}'" for name in texts[:8]) + (", ..." if len(texts) > 8 else "")
        notes.append(f"{table.path}: {shown} {'holds' if len(texts) == 1 else 'hold'} text and "
                     f"{'is' if len(texts) == 1 else 'are'} left out (series.values)")  # fmt: skip
    return values


def _counts(cells: Sequence[str]) -> bool:
    """Say whether cells count on by one from 0 or 1."""
    return cells[0].strip() in ("0", "1") and [cell.strip() for cell in cells] == [
        str(number) for number in range(int(cells[0]), int(cells[0]) + len(cells))
    ]
