"""Series: numbers over time on a regular grid, read from a file, with every oddity refused or treated as was said.

`read` sorts rows, settles repeated times, finds the frequency, and lays each series on its grid; `gaps.py` fills what
is missing there. A value that was not measured is NaN in `truth` for good: nothing that was filled in is ever a target.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.data import frequency as frequencies
from seqloom.data.frequency import Frequency, Irregular, Positions
from seqloom.data.moments import Moments, Order, Stamps, parse
from seqloom.data.rows import OnBadRow
from seqloom.data.series_columns import TIMES, Chosen, Columns, choose, times
from seqloom.data.series_table import Floats, Table, numbers, open_table
from seqloom.errors import InputError

Repeats = Literal["error", "mean", "first", "last"]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Series:
    """One series on its grid.

    name      what the id column calls it; "" in a file of one
    stamps    [time] when each step is
    truth     [time, channels] what was measured; NaN where nothing was
    past      [time, covariates] known up to now
    known     [time + future, covariates] known for the future too
    rows      [time + future] the row of the file that each step comes from, -1 for a step that is not there
    """

    name: str
    stamps: Stamps
    truth: Floats
    past: Floats
    known: Floats
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def future(self) -> int:
        """Steps after the last value of which something is known."""
        return len(self.known) - len(self.truth)


@dataclass(frozen=True)
class SeriesSet:
    """The series of a file, of one frequency and the same columns."""

    table: Table
    chosen: Chosen
    moments: Moments
    frequency: Frequency
    series: list[Series]
    notes: list[str]

    @property
    def path(self) -> str:
        """What the file is called in messages."""
        return self.table.path

    def where(self, one: Series, step: int) -> str:
        """Return the place of a step for messages; of one that is not in the file, that of the row before it."""
        rows = one.rows[: step + 1]
        there = rows[rows >= 0]
        return self.table.where(int(there[-1])) if len(there) else self.path

    def when(self, one: Series, step: int) -> str:
        """Return the time of a step as the file writes it."""
        return self.moments.write(float(one.stamps[step]))

    def ahead(self, one: Series, count: int) -> list[str]:
        """Return the times of the `count` steps after the last of a series, as the file writes them; "+1" and so on
        where rows are taken as they come, whose next dates nobody knows."""
        if self.frequency.unit == "row":
            return [f"+{step}" for step in range(1, count + 1)]
        stamps = self.frequency.ahead(one.stamps, np.arange(len(one.stamps)), count)
        return [self.moments.write(float(stamp)) for stamp in stamps]


def read(
    path: str,
    columns: Columns,
    *,
    frequency: str | None = None,
    repeats: Repeats = "error",
    dates: Order = "auto",
    until: str | None = None,
    format: str = "auto",
    header: bool | None = None,
    on_bad_row: OnBadRow = "error",
    values_too: bool = True,
) -> SeriesSet:
    """Read the series of a file. Raises InputError, with file and line, for whatever cannot be used.

    `until` is the last time that is read. `values_too` False lets every value be missing.
    """
    wanted = [*columns.named, *TIMES]
    table = open_table(path, format=format, header=header, wanted=wanted, on_bad_row=on_bad_row)
    chosen = choose(table, columns, values_too=values_too)
    notes = [*table.notes, *chosen.notes]
    groups = _groups(table, chosen.id)
    moments = _moments(table, chosen, groups, dates)
    notes += [f"{table.path}: {note}" for note in moments.notes]
    channels = _stack(table, chosen.values)
    past, known = _stack(table, chosen.past), _stack(table, chosen.known)
    kept = _until(table, moments, until)
    ordered = []
    unsorted = 0
    for name, rows in groups.items():
        rows = rows[kept[rows]]
        order = np.argsort(moments.values[rows], kind="stable")
        unsorted += bool((np.diff(order) < 0).any())
        if len(rows):
            ordered.append((name, rows[order]))
    if not ordered:
        raise InputError(f"{table.path}: no row is left up to series.until={until}.")
    if unsorted:
        which = "rows are" if len(groups) == 1 else f"rows of {unsorted} series are"
        notes.append(f"{table.path}: {which} not in the order of time; they are sorted")
    laid = [(name, *_single(table, rows, moments, (channels, past, known), repeats, notes)) for name, rows in ordered]
    step = _frequency(table, laid, moments, frequency)
    series = [
        _grid(name, rows, moments.values[rows], parts, step, table, bool(chosen.known))
        for name, rows, parts in laid
    ]  # fmt: skip
    found = SeriesSet(table, chosen, moments, step, series, notes)
    if values_too:
        _say_future(found, chosen)
    return found


Parts = tuple[Floats, Floats, Floats]


def _moments(table: Table, chosen: Chosen, groups: dict[str, NDArray[np.int64]], dates: Order) -> Moments:
    """Read the column of times; without one, rows are numbered within each series."""
    if not chosen.time:
        steps = np.zeros(len(table))
        for rows in groups.values():
            steps[rows] = np.arange(1, len(rows) + 1)
        return Moments(steps, "number", "")
    moments, bad = parse(times(table, chosen.time), dates)
    if bad is not None:
        place, problem = bad
        name = " ".join(chosen.time)
        raise InputError(f"{table.where(place)}: column '{name}': {problem.problem}. {problem.fix}.")
    return moments


def _stack(table: Table, columns: Sequence[str]) -> Floats:
    if not columns:
        return np.zeros((len(table), 0))
    return np.stack([numbers(table, column) for column in columns], 1)


def _groups(table: Table, column: str | None) -> dict[str, NDArray[np.int64]]:
    """Return the rows of each series, series in the order in which they come."""
    if column is None:
        return {"": np.arange(len(table))}
    places: dict[str, list[int]] = {}
    for row, name in enumerate(table.text(column)):
        if not name.strip():
            raise InputError(f"{table.where(row)}: column '{column}' is empty: which series is this row of?")
        places.setdefault(name.strip(), []).append(row)
    return {name: np.array(rows) for name, rows in places.items()}


def _until(table: Table, moments: Moments, until: str | None) -> NDArray[np.bool_]:
    """Return which rows are not after the last time that is read."""
    if until is None:
        return np.ones(len(table), bool)
    end, bad = parse([until], "auto")
    if bad is not None or end.dated != moments.dated:
        like = moments.write(float(moments.values[0]))
        raise InputError(f"series.until={until} is no time as {table.path} has them, such as {like}.")
    return moments.values <= end.values[0]


def _single(
    table: Table,
    rows: NDArray[np.int64],
    moments: Moments,
    parts: Parts,
    repeats: Repeats,
    notes: list[str],
) -> tuple[NDArray[np.int64], Parts]:
    """Return one row for each time. Raises InputError for times that repeat unless a way to settle them is chosen."""
    stamps = moments.values[rows]
    again = np.flatnonzero(np.diff(stamps) == 0)
    own = tuple(part[rows] for part in parts)
    if len(again) == 0:
        return rows, (own[0], own[1], own[2])
    first, second = rows[again[0]], rows[again[0] + 1]
    when = moments.write(float(stamps[again[0]]))
    if repeats == "error":
        raise InputError(
            f"{table.where(max(first, second))}: {when} is there twice (first {table.where(min(first, second))}; "
            f"{len(again)} such rows). If the file holds several series, name the column that tells them apart with "
            "-s series.id=NAME; otherwise say -s series.repeats=mean, first or last."
        )
    starts = np.concatenate([[0], np.flatnonzero(np.diff(stamps)) + 1])
    ends = np.concatenate([starts[1:], [len(rows)]])
    if repeats == "mean":
        with np.errstate(invalid="ignore"):
            sums = [np.add.reduceat(np.nan_to_num(part), starts, 0) for part in own]
            counts = [np.add.reduceat(~np.isnan(part), starts, 0) for part in own]
            mean = [total / np.where(count, count, np.nan) for total, count in zip(sums, counts, strict=True)]
        own = (mean[0], mean[1], mean[2])
    else:
        taken = starts if repeats == "first" else ends - 1
        own = tuple(part[taken] for part in own)
    notes.append(
        f"{table.path}: {len(rows) - len(starts)} rows repeat a time that was there; of each the {repeats} is taken "
        f"(series.repeats), first at {table.where(max(first, second))}"
    )
    return rows[starts], (own[0], own[1], own[2])


def _frequency(table: Table, laid: list, moments: Moments, asked: str | None) -> Frequency:
    """Return the frequency asked for, or the one that the times have."""
    step = None if asked is None else frequencies.parse(asked)
    if step is not None and step.unit != "row" and step.dated != moments.dated:
        kind = "dates" if moments.dated else "plain numbers"
        raise InputError(f"{table.path}: its times are {kind}, which series.frequency={asked} is not for.")
    try:
        if step is None:
            step = frequencies.find([moments.values[rows] for _, rows, _ in laid], moments.dated, moments.way)
        for place, (_, rows, _) in enumerate(laid):
            try:
                step.positions(moments.values[rows])
            except Irregular as wrong:
                raise Irregular(place, wrong.row, wrong.problem) from None
    except Irregular as wrong:
        name, rows, _ = laid[wrong.series]
        of = f" (series '{name}')" if name else ""
        raise InputError(
            f"{table.where(int(rows[wrong.row]))}: {moments.write(float(moments.values[rows[wrong.row]]))}{of}: "
            f"{wrong.problem}. Mend the times, say the step with -s series.frequency=\"15 minutes\", or take rows as "
            "they come with -s series.frequency=row."
        ) from None  # fmt: skip
    return step


def _grid(
    name: str,
    rows: NDArray[np.int64],
    stamps: Stamps,
    parts: Parts,
    step: Frequency,
    table: Table,
    has_known: bool,
) -> Series:
    """Lay a series on its grid; what comes after its last value is its future."""
    positions: Positions = step.positions(stamps)
    length = int(positions[-1]) + 1
    grid = []
    for part in parts:
        values = np.full((length, part.shape[1]), np.nan)
        values[positions] = part
        grid.append(values)
    of = np.full(length, -1)
    of[positions] = rows
    said = np.flatnonzero(~np.isnan(grid[0]).all(1)) if grid[0].shape[1] else np.zeros(0, np.int64)
    end = int(said[-1]) + 1 if len(said) else 0
    whole = step.between(stamps, positions)
    known = grid[2] if has_known else grid[2][:end]
    return Series(name, whole[:end], grid[0][:end], grid[1][:end], known, of)


def _say_future(found: SeriesSet, chosen: Chosen) -> None:
    """Note rows without a value at the end, and drop series without any. Raises InputError where none is left."""
    empty = [one.name for one in found.series if len(one) == 0]
    if len(empty) == len(found.series):
        raise InputError(f"{found.path}: no row has a number in {', '.join(chosen.values)}.")
    if empty:
        found.notes.append(f"{found.path}: {len(empty)} series without any value are left out, the first: {empty[0]}")
        found.series[:] = [one for one in found.series if len(one)]
    after = sum(len(one.rows) - len(one) for one in found.series)
    if after and not chosen.known:
        found.notes.append(f"{found.path}: {after} rows at the end have no value and are left out")


def cut(one: Series, start: int, end: int) -> Series:
    """Return the steps from `start` up to `end` of a series; what is known of its future stays."""
    return replace(
        one,
        stamps=one.stamps[start:end],
        truth=one.truth[start:end],
        past=one.past[start:end],
        known=one.known[start:],
        rows=one.rows[start:],
    )
