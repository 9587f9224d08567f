"""Labelled series: of `.ts` files, of tracks, of tables with one a row, and of long tables with a row a step."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from seqloom.data.case_long import Long, long_columns, read_long
from seqloom.data.case_table import columns_of_series, holds_steps, read_table
from seqloom.data.cases import Cases
from seqloom.data.columns import pick
from seqloom.data.rows import Rows
from seqloom.data.track_points import Points
from seqloom.data.tracks import is_tracks, read_tracks
from seqloom.data.ts import read_ts
from seqloom.errors import InputError, nearest
from seqloom.spec import SeriesSpec, Spec
from seqloom.tasks.examples import LABEL_COLUMNS, Examples, Reader
from seqloom.tasks.labelled import label_column, read_rows, sides, text_columns
from seqloom.tasks.task import Say

OURS = ("time", "id", "values", "scale", "patch", "stride")
"""Keys of the section `series` that say something of series that are read whole; the others are of forecasts."""

DONE = ("action", "gesture", "activity")
"""Names that a column of labels bears where somebody moves."""


class Curves(Examples):
    """Some series of a file, in memory."""

    def __init__(self, cases: Cases, multilabel: str | None = None) -> None:
        self.cases, self.path, self.multilabel = cases, cases.path, multilabel

    def __len__(self) -> int:
        return len(self.cases)

    def at(self, chosen: Sequence[int]) -> "Curves":
        """Pick some series."""
        return Curves(self.cases.at(chosen), self.multilabel)

    def keys(self) -> Iterator[str]:
        """Yield a hash of the numbers of each series."""
        for case in self.cases:
            shape = str(case.values.shape).encode()
            yield hashlib.blake2b(shape + case.values.tobytes(), digest_size=16).hexdigest()

    def cells(self) -> Iterator[str]:
        """Yield the label of each series. Raises InputError for one without."""
        for place, case in enumerate(self.cases):
            if not case.labels:
                raise InputError(f"{self.where(place)}: the series has no label.")
            yield case.labels[0]

    def where(self, place: int) -> str:
        """Return the place of a series."""
        return self.cases.where(place)

    def names(self) -> list[str]:
        """Return the columns that tracks have; other series have none of their own."""
        return list(self.cases[0].own)

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        return [case.own[name] for case in self.cases]


class CurveReader(Reader):
    """Reads series. What a file is, its name tells (`.ts`) or what it begins with (tracks), or the section `series` of
    the spec (a long table has an `id`); in another table each row is a series."""

    each = False
    """Every step has a label: the table is long, and may hold one series without an id."""

    def __init__(self, spec: Spec, usual: Sequence[str] = LABEL_COLUMNS) -> None:
        super().__init__(spec, usual)
        spec.series = spec.series or SeriesSpec()
        others = [name for name in spec.series.model_fields_set if name not in OURS]
        odd = [
            name
            for name in others
            if getattr(spec.series, name) != SeriesSpec.model_fields[name].get_default(call_default_factory=True)
        ]
        if odd:
            raise InputError(
                f"series.{odd[0]} is for forecasts, and {spec.task} reads each series whole: leave it out."
            )
        if spec.series.scale == "window":
            raise InputError(f"series.scale=window is for forecasts; {spec.task} takes series or none.")
        if spec.series.time is not None and not self._long:
            raise InputError("series.time names the times of a long table; name its series too: -s series.id=COLUMN.")

    @property
    def columns(self) -> list[str]:
        """The columns of channels, or one for all steps of a series."""
        series = self._series
        return list(series.values) if series.values and not self._long else ["series"]

    @property
    def whole(self) -> bool:
        """Whether the format is `.ts`, tracks or a long table."""
        train = str(self.spec.data.train)
        return self._long or is_ts(train, self.spec.data.format) or self._tracked

    def training(self, path: str, say: Say) -> Curves:
        """Read the training file and write the columns found into the spec."""
        _, target = sides(self.spec)
        if self._is_ts(path):
            return self._curves(read_ts(path, self.spec.data.on_bad_row), say)
        if self._is_tracks(path):
            self.spec.data.format = "tracks"
            cases = self._tracks(path)
            target.column = _own_label(cases, label_column(target), self.usual)
            return self._curves(_labelled(cases, target.column), say)
        rows = self._rows(path, say)
        label = pick(rows, label_column(target), self.usual, "label", "--label-column")
        target.column = label
        self._settle(rows, label)
        return self._curves(self._read(rows, label), say)

    def labelled(self, path: str, say: Say) -> Curves:
        """Read another file with labels."""
        _, target = sides(self.spec)
        if self._is_ts(path):
            return self._curves(read_ts(path, self.spec.data.on_bad_row), say)
        if self._is_tracks(path):
            cases = self._tracks(path)
            return self._curves(_labelled(cases, _own_label(cases, label_column(target), self.usual)), say)
        rows = self._rows(path, say)
        label = pick(rows, label_column(target), self.usual, "label", "--label-column")
        return self._curves(self._read(rows, label, say), say)

    def rows(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], Any]]:
        """Read a file whose labels may be absent; yield the id of each series or the cells of each track, where there
        are such, and its numbers."""
        if self._is_ts(path):
            cases = read_ts(path, self.spec.data.on_bad_row)
        elif self._is_tracks(path):
            cases = self._tracks(path)
        else:
            cases = self._read(self._rows(path, say), None, say)
        for note in cases.notes:
            say(note)
        for case in cases:
            yield {"id": case.name} if case.name else dict(case.own), case.values

    @property
    def _series(self) -> SeriesSpec:
        assert self.spec.series is not None
        return self.spec.series

    @property
    def _long(self) -> bool:
        return self.each or self._series.id is not None

    def _is_ts(self, path: str) -> bool:
        """Tell whether a file has the .ts format; standard input is read as the training file was."""
        train = self.spec.data.train
        return is_ts(str(train) if path == "-" and train is not None else path, self.spec.data.format)

    @property
    def _tracked(self) -> bool:
        """Whether training reads tracks."""
        return not self.each and is_tracks(str(self.spec.data.train), self.spec.data.format)

    def _is_tracks(self, path: str) -> bool:
        """Tell whether a file holds tracks; standard input is read as the training file was."""
        return self._tracked if path == "-" else not self.each and is_tracks(path, self.spec.data.format)

    def _tracks(self, path: str) -> Cases:
        """Read tracks as the spec says. Raises InputError for keys that are of tables."""
        for key in ("time", "id", "values"):
            if getattr(self._series, key) is not None:
                raise InputError(f"{path}: series.{key} names columns of a table, and this file holds tracks: drop it.")
        said = self.spec.tracks.model_dump() if self.spec.tracks is not None else {}
        return read_tracks(path, Points(**said), self.spec.data.on_bad_row)

    def _rows(self, path: str, say: Say) -> Rows:
        series = self._series
        return read_rows(self.spec, path, say, [*filter(None, (series.id, series.time)), *(series.values or [])])

    def _curves(self, cases: Cases, say: Say) -> Curves:
        for note in cases.notes:
            say(note)
        return Curves(cases, sides(self.spec)[1].multilabel)

    def _settle(self, rows: Rows, label: str) -> None:
        """Write the columns of the values into the spec: `series.values` where each is a channel, `source.column`
        where each is a step."""
        source, series = sides(self.spec)[0], self._series
        if self._long:
            series.id = None if series.id is None else pick(rows, series.id, (), "series", "-s series.id")
            series.time = None if series.time is None else pick(rows, series.time, (), "time", "-s series.time")
            given = tuple(pick(rows, name, (), "values", "-s series.values") for name in series.values or ())
            series.values = list(long_columns(rows, Long(series.id, series.time, given, label)).values)
            return
        if series.values:
            series.values = columns_of_series(rows, series.values, label)
            return
        found = columns_of_series(rows, text_columns(source), label)
        if holds_steps(rows, found):
            source.column = list(found)
        else:
            source.column, series.values = None, found

    def _read(self, rows: Rows, label: str | None, say: Say = lambda note: None) -> Cases:
        """Read the series of a table, whose columns the spec names."""
        series, on_bad_row = self._series, self.spec.data.on_bad_row
        if self._long:
            named = [name for name in (series.id, series.time, *(series.values or ())) if name is not None]
            for name in named:
                pick(rows, name, (), "values", "-s series.values")
            columns = Long(series.id, series.time, tuple(series.values or ()), label, self.each)
            return read_long(rows, columns, on_bad_row)
        names = list(series.values) if series.values else text_columns(sides(self.spec)[0])
        if not all(name in rows.columns for name in names) and len(rows.columns) == len(names):
            say(f"{rows.path}: no column {', '.join(names[:6])}; its {len(names)} column(s) are taken in order.")
            names = list(rows.columns)
        else:
            names = columns_of_series(rows, names, label)
        return read_table(rows, names, label, on_bad_row, as_steps=not series.values)


def _own_label(cases: Cases, asked: str | None, usual: Sequence[str]) -> str:
    """Return the column of tracks that is the label: the one asked for, else a usual one."""
    there = list(cases[0].own)
    shown = f"it has {', '.join(there) or 'none'}"
    if asked is not None:
        if asked in there:
            return asked
        raise InputError(f"{cases.path} has no column '{asked}'{nearest(asked, there, '--label-column')}; {shown}.")
    found = next((name for name in (*usual, *DONE) if name in there), None)
    if found is None:
        raise InputError(f"{cases.path}: which column is the label? {shown.capitalize()}. Name it with --label-column.")
    return found


def _labelled(cases: Cases, label: str) -> Cases:
    """Return tracks with their labels."""
    return Cases(
        cases.path,
        cases.channels,
        [case._replace(labels=(case.own[label],)) for case in cases],
        cases.notes,
        cases.skipped,
    )


def is_ts(path: str, format: str | None) -> bool:
    """Tell whether a file has the .ts format, by what is said of it or, where that is auto, by its name."""
    return format == "ts" or (format in (None, "auto") and path.lower().removesuffix(".gz").endswith(".ts"))
