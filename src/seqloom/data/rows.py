"""Rows: the rows of a data file, checked once, then read again by place whenever they are asked for.

One pass checks every row and notes where it starts and ends (24 bytes a row); a row is parsed when it is used. The
bytes themselves are in memory or on disk (`blob.py`), so files larger than memory work, and worker processes share
them whatever way they were started.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from seqloom.data import blob as blobs
from seqloom.data import header as headers
from seqloom.data.blob import MEMORY_LIMIT, Blob
from seqloom.data.formats import BadRow, Format, Record, choose, decode
from seqloom.data.kept import Findings, Origin, kept, then
from seqloom.errors import InputError

OnBadRow = Literal["error", "skip"]
Places = NDArray[np.int64]
TOGETHER = 1024
"""Rows that `picked` reads at once, where they lie together."""
APART = 8
"""Bytes read for each byte that is wanted before rows are read one by one."""


@dataclass(frozen=True)
class Row:
    """One row: its values by column name, and the line of the file where it starts."""

    values: dict[str, str]
    line: int


class Rows(Sequence[Row]):
    """The rows of one file.

    path     what the file is called in messages
    format   tsv, csv, jsonl, text, labelled or fasta
    columns  their names; "1", "2", ... where the file has no header
    skipped  how many bad rows were left out
    notes    what to say aloud: rows skipped, blank lines, how the header was found
    origin   what is found in these rows comes from (`kept.py`), None where that cannot be told
    """

    origin: Origin | None = None

    def __init__(self, blob: Blob, format: Format, found: Findings, skip: bool, origin: Origin | None = None) -> None:
        """`read` makes Rows; `found` is what its pass over the file left."""
        self.path = blob.name
        self.format = format.name
        self.columns: list[str] = found["columns"]
        self.skipped: int = found["skipped"]
        self.notes: list[str] = found["notes"]
        self.origin = origin
        self._blob, self._parser, self._skip = blob, format, skip
        self._starts: Places = found["starts"]
        self._ends: Places = found["ends"]
        self._lines: Places = found["lines"]
        self._absent: dict[str, tuple[int, int]] = {name: (count, line) for name, count, line in found["absent"]}

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self._row(place) for place in range(*index.indices(len(self)))]
        return self._row(range(len(self))[index])

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, range(len(self)))

    @property
    def lines(self) -> NDArray[np.int64]:
        """The line of the file where each row starts."""
        return self._lines

    def where(self, index: int) -> str:
        """Return the place of a row for messages, such as "pairs.tsv:12"."""
        return f"{self.path}:{self._lines[index]}"

    def own(self, index: int) -> dict[str, str]:
        """Return the cells that a row has; one that names its cells may lack some of the columns."""
        return self._parse(index)

    def column(self, name: str) -> Iterator[str]:
        """Yield the values of one column, in order."""
        return (cells[0] for cells in self.picked([name]))

    def picked(self, columns: Sequence[str], places: Sequence[int] | Places | None = None) -> Iterator[list[str]]:
        """Yield the values of some columns, of every row or of those at `places`, in that order.

        It says what `rows[place].values` says, for a third of the time: whoever passes over all rows takes this.
        """
        chosen = np.arange(len(self)) if places is None else np.asarray(places, np.int64)
        at = [] if self._parser.keyed else [self.columns.index(name) for name in columns]
        parse = self._parser.cells
        for first in range(0, len(chosen), TOGETHER):
            for text in self._texts(chosen[first : first + TOGETHER]):
                cells = parse(text)
                if isinstance(cells, dict):
                    yield [cells.get(name, "") for name in columns]
                else:
                    yield [cells[place] for place in at]

    def _texts(self, places: Places) -> Iterator[str]:
        """Yield the text of some rows, read at once unless they lie apart."""
        starts, ends = self._starts[places], self._ends[places]
        first, last = int(starts.min()), int(ends.max())
        if last - first > APART * int((ends - starts).sum()) + TOGETHER:
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                yield self._blob.read(start, end).decode()
            return
        data = self._blob.read(first, last)
        for start, end in zip((starts - first).tolist(), (ends - first).tolist(), strict=True):
            yield data[start:end].decode()

    def require(self, column: str) -> None:
        """Make sure that every row has a value in `column`; only rows that name their cells can lack one.

        Raises InputError for the first row without, or leaves such rows out where bad rows are skipped.
        """
        if column not in self._absent:
            return
        count, line = self._absent.pop(column)
        problem = f"{self.path}:{line}: no value for '{column}'"
        if not self._skip:
            raise InputError(
                f"{problem} ({_count(count, 'row')} of {len(self)} lack it). Fix the row, or skip such rows with"
                " --on-bad-row skip."
            )
        self.origin = then(self.origin, "require", column)
        has = kept(self.origin, lambda: {"has": np.array([column in self.own(at) for at in range(len(self))])})["has"]
        if not has.any():
            raise InputError(f"{problem}, nor in any other row. Choose another column.")
        self._starts, self._ends, self._lines = self._starts[has], self._ends[has], self._lines[has]
        self.skipped += count
        self.notes.append(f"{_count(count, 'row')} without '{column}' skipped, the first: {self.path}:{line}")

    def _parse(self, index: int) -> dict[str, str]:
        text = self._blob.read(int(self._starts[index]), int(self._ends[index])).decode()
        cells = self._parser.cells(text)
        return cells if isinstance(cells, dict) else dict(zip(self.columns, cells, strict=True))

    def _row(self, index: int) -> Row:
        values = self._parse(index)
        if len(values) < len(self.columns):
            values = {name: values.get(name, "") for name in self.columns}
        return Row(values, int(self._lines[index]))


def read(
    path: str | Path,
    *,
    format: str = "auto",
    header: bool | None = None,
    wanted: Iterable[str] = (),
    together: Sequence[Iterable[str]] = (),
    on_bad_row: OnBadRow = "error",
    memory_limit: int = MEMORY_LIMIT,
) -> Rows:
    """Read and check a file of rows; "-" is standard input, and gzip is undone.

    `header` None: the first row is a header if it holds one of the `wanted` names (those a person asked for), one of
    each group in `together` (those of a source and of a target), or a usual one (`header.py`). A blank line is a row of
    a text file; elsewhere it is skipped, counted and said.
    `memory_limit` is in bytes of decompressed data.

    Raises InputError for a file or a row that cannot be used; `on_bad_row="skip"` leaves such rows out and says so.
    """
    place = blobs.find(path)
    asked = [str(path), format, header, sorted(wanted := list(wanted)), [sorted(one) for one in together], on_bad_row]
    origin = None if place is None else Origin.of(place, "rows", *asked)  # before it is read: of an older file at worst
    blob = blobs.load(path, memory_limit)
    parser = choose(blob.name, format, next(blob.lines()).data[:200])
    if header and not parser.may_have_header:
        raise InputError(f"{blob.name}: a {parser.name} file has no header row. Leave out data.header.")
    skip = on_bad_row == "skip"
    found = kept(origin, lambda: _pass(blob, parser, header, wanted, together, skip))
    return Rows(blob, parser, found, skip, origin)


def _pass(
    blob: Blob,
    parser: Format,
    header: bool | None,
    wanted: Iterable[str],
    together: Sequence[Iterable[str]],
    skip: bool,
) -> Findings:
    """Return what one pass over a file finds. Raises InputError for what cannot be used."""
    found = _Found(blob.name, skip)
    parsed = found.parsed(parser, blob)
    if parser.keyed:
        columns = found.keyed(parsed)
    elif parser.columns:
        columns = list(parser.columns)
        found.wide(parsed, columns)
    else:
        columns = _with_header(found, parsed, header, wanted, together)
    if not found.starts:
        raise InputError(_nothing(found, blob.name))
    found.say()
    starts, ends, lines = (np.frombuffer(one, np.int64) for one in (found.starts, found.ends, found.lines))
    absent = [[name, count, line] for name, (count, line) in found.absent.items()]
    about = {"columns": columns, "skipped": found.skipped, "notes": found.notes, "absent": absent}
    return {"starts": starts, "ends": ends, "lines": lines, **about}


class _Parsed(NamedTuple):
    record: Record
    cells: list[str] | dict[str, str]


class _Found:
    """What one pass over a file finds: where the good rows are, and what was wrong with the others."""

    def __init__(self, name: str, skip: bool) -> None:
        self.name, self.skip = name, skip
        self.starts, self.ends, self.lines = array("q"), array("q"), array("q")
        self.skipped, self.first_bad = 0, ""
        self.blank, self.first_blank = 0, 0
        self.absent: dict[str, tuple[int, int]] = {}
        self.header_only: list[str] = []
        self.notes: list[str] = []

    def parsed(self, parser: Format, blob: Blob) -> Iterator[_Parsed]:
        """Yield the records that can be decoded and parsed."""
        for record in parser.records(blob.lines()):
            if not parser.keeps_blank and not record.data.strip(b" \r" if parser.name != "tsv" else b"\r"):
                self.blank += 1
                self.first_blank = self.first_blank or record.line
                continue
            try:
                if record.bad:
                    raise record.bad
                yield _Parsed(record, parser.cells(decode(record.data)))
            except BadRow as bad:
                self.refuse(record.line, bad)

    def refuse(self, line: int, bad: BadRow) -> None:
        """Raise InputError for a bad row, or count it."""
        place = f"{self.name}:{line}: {bad.problem}"
        if not self.skip:
            raise InputError(f"{place}. {bad.fix}, or skip such rows with --on-bad-row skip.")
        self.skipped += 1
        self.first_bad = self.first_bad or place

    def keep(self, record: Record) -> None:
        """Note the place of a good row."""
        self.starts.append(record.start)
        self.ends.append(record.start + len(record.data))
        self.lines.append(record.line)

    def wide(self, parsed: Iterable[_Parsed], columns: list[str]) -> None:
        """Keep the rows that have a cell for each column."""
        width = len(columns)
        names = ", ".join(columns[:12]) + (", ..." if width > 12 else "")
        for record, cells in parsed:
            if len(cells) == width:
                self.keep(record)
            else:
                self.refuse(record.line, BadRow(f"{_count(len(cells), 'column')}, expected {width} ({names})"))

    def keyed(self, parsed: Iterable[_Parsed]) -> list[str]:
        """Keep rows that name their cells; return the names and note which rows lack which."""
        present: dict[str, int] = {}
        first_without: dict[str, int] = {}
        for record, cells in parsed:
            assert isinstance(cells, dict)
            for name in cells:
                if name not in present:
                    present[name] = 0
                    if self.lines:
                        first_without[name] = self.lines[0]
                present[name] += 1
            if len(cells) < len(present):
                for name in present.keys() - cells.keys():
                    first_without.setdefault(name, record.line)
            self.keep(record)
        rows = len(self.lines)
        self.absent = {name: (rows - present[name], line) for name, line in first_without.items()}
        return list(present)

    def say(self) -> None:
        """Note what was left out."""
        if self.skipped:
            self.notes.append(f"{_count(self.skipped, 'bad row')} skipped, the first: {self.first_bad}")
        if self.blank:
            self.notes.append(f"{_count(self.blank, 'blank line')} skipped, the first: {self.name}:{self.first_blank}")


def _with_header(
    found: _Found,
    parsed: Iterator[_Parsed],
    header: bool | None,
    wanted: Iterable[str],
    together: Sequence[Iterable[str]],
) -> list[str]:
    """Settle the names of the columns from the first rows, then keep the rest."""
    ahead = list(islice(parsed, headers.LOOKED_AT))
    if not ahead:
        return []
    first = ahead[0]
    rest = chain(ahead, parsed)
    if header is None:
        cells = [list(row.cells) for row in ahead]
        header = headers.is_header(cells[0], cells[1:], wanted, together)
        shown = ", ".join(name[:30] for name in cells[0][:8]) + (", ..." if len(cells[0]) > 8 else "")
        found.notes.append(
            f"{found.name}: the first row is read as column names ({shown}); -s data.header=false if it is data"
            if header
            else f"{found.name}: no header found, so columns go by number; -s data.header=true if the first row names"
            " them"
        )
    if not header:
        columns = headers.numbered(len(first.cells))
    else:
        columns = headers.named(list(first.cells), f"{found.name}:{first.record.line}")
        found.header_only = columns
        next(rest)
    found.wide(rest, columns)
    return columns


def _nothing(found: _Found, name: str) -> str:
    """Say why a file that is not empty has no rows."""
    if found.skipped:
        return f"{name}: no good row; {_count(found.skipped, 'bad row')}, the first: {found.first_bad}."
    if found.header_only:
        return (
            f"{name} has a header ({', '.join(found.header_only)}) and no rows. Add rows, or say -s data.header=false"
            " if this row is data."
        )
    return f"{name} holds only blank lines."


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
