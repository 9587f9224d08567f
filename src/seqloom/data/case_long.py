"""Series in a long table: a row a step, with columns for the series' id, the time and one or several values.

Rows of one id are put in order of their time and need not stand together; without a column of times they keep the
order of the file. A label stands on every row of its id, the same on each, or says something else of each step.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import numpy as np

from seqloom.data.cases import Case, Cases, Gather, numbers
from seqloom.data.formats import BadRow
from seqloom.data.rows import OnBadRow, Rows
from seqloom.errors import InputError


@dataclass(frozen=True)
class Long:
    """The columns of a long table; `each` says that labels are of steps, not of series."""

    id: str | None
    time: str | None
    values: tuple[str, ...]
    label: str | None
    each: bool = False


@dataclass
class _Series:
    times: list[float] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


def read_long(rows: Rows, columns: Long, on_bad_row: OnBadRow) -> Cases:
    """Read the series of a long table, in the order in which their ids first occur.

    Raises InputError, with the place, for a value that is no number, a time that is none or occurs twice, and a label
    that changes within a series.
    """
    found = Gather(rows.path, columns.values, on_bad_row, columns.each)
    series: dict[str, _Series] = {}
    for place, row in enumerate(rows):
        name = "" if columns.id is None else row.values[columns.id]
        try:
            values = numbers([row.values[column] for column in columns.values])
            time = 0.0 if columns.time is None else _time(row.values[columns.time])
        except BadRow as bad:
            found.refuse(row.line, bad)
            continue
        one = series.setdefault(name, _Series())
        one.times.append(time)
        one.values.append(values)
        one.lines.append(row.line)
        one.rows.append(place)
        if columns.label is not None:
            one.labels.append(row.values[columns.label])
    for name, one in series.items():
        try:
            found.add(_case(name, one, columns))
        except _BadStep as bad:
            found.refuse(bad.line, bad.bad)
    return found.done()


def long_columns(rows: Rows, wanted: Long) -> Long:
    """Fill in the value columns where none is named: every other one whose first cell is a number.

    Raises InputError where there is none.
    """
    if wanted.values:
        return wanted
    first = rows[0].values
    named = {wanted.id, wanted.time, wanted.label}
    found = [name for name in rows.columns if name not in named and _is_number(first[name])]
    if not found:
        raise InputError(
            f"{rows.path}: no column of numbers beside {', '.join(map(str, sorted(filter(None, named))))}. Name the "
            "values: -s series.values=[...]."
        )
    return Long(wanted.id, wanted.time, tuple(found), wanted.label, wanted.each)


class _BadStep(Exception):
    def __init__(self, line: int, bad: BadRow) -> None:
        super().__init__(bad.problem)
        self.line, self.bad = line, bad


def _case(name: str, one: _Series, columns: Long) -> Case:
    """Put the steps of one series in order. Raises _BadStep."""
    order = list(range(len(one.times)))
    of = f" of series '{name}'" if name else ""
    if columns.time is not None:
        order = np.argsort(one.times, kind="stable").tolist()
        for before, after in pairwise(order):
            if one.times[before] == one.times[after]:
                problem = f"the time{of} occurs before, in line {one.lines[before]}"
                raise _BadStep(one.lines[after], BadRow(problem, "Give each step its own time"))
    labels: tuple[str, ...] = ()
    if columns.label is not None and columns.each:
        labels = tuple(one.labels[place] for place in order)
    elif columns.label is not None:
        labels = (one.labels[0],)
        for label, line in zip(one.labels, one.lines, strict=True):
            if label != labels[0]:
                problem = f"label {label!r}{of}, which is {labels[0]!r} in line {one.lines[0]}"
                raise _BadStep(line, BadRow(problem, "A series has one label; for one a step, use the task tag"))
    values = np.array(one.values, np.float64)[order]
    return Case(values, labels, one.lines[0], name, tuple(one.rows[place] for place in order))


def _time(text: str) -> float:
    """Return a time as a number that grows: of a number, or of a date (ISO 8601). Raises BadRow."""
    try:
        value = numbers([text])[0]
    except BadRow:
        try:
            at = datetime.fromisoformat(text.strip())
        except ValueError:
            raise BadRow(f"{text[:40]!r} is neither a number nor a date (2024-01-31, 2024-01-31T12:00)") from None
        return (at.replace(tzinfo=None) - datetime(1970, 1, 1) - (at.utcoffset() or (at - at))).total_seconds()
    if np.isnan(value):
        raise BadRow("a step without a time")
    return value


def _is_number(cell: str) -> bool:
    try:
        numbers([cell])
    except BadRow:
        return False
    return True
