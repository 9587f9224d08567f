"""One file a class: `promoter=a.fa.gz,background=b.fa.gz` names the label of each file's rows."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from seqloom.data.rows import Places, Row, Rows
from seqloom.errors import InputError

LABEL = "label"
"""The column that the names of the files become."""


def files_of(path: str) -> list[tuple[str, str]] | None:
    """Return the label and the file of each part of "a=x.fa,b=y.fa"; None where that is one file's name.

    Raises InputError for a part without a label, and for a file given to two labels. A label may have several files.
    """
    if "=" not in path or Path(path).exists():
        return None
    parts = [part.strip() for part in re.split(r",(?=[^,]*=)", path)]
    found = []
    for part in parts:
        label, sign, file = (text.strip() for text in part.partition("="))
        if not sign or not label or not file:
            raise InputError(f"{part!r} in {path!r}: one file a class is written label=file,label=file.")
        found.append((label, file))
    owners: dict[str, str] = {}
    for label, file in found:
        if owners.setdefault(file, label) != label:
            raise InputError(f"{file} is given to '{owners[file]}' and to '{label}'. Give each label its own file.")
    return found


class RowsByClass(Rows):
    """The rows of several files one after the other, with the label of each file in a column."""

    def __init__(self, path: str, parts: Sequence[tuple[str, Rows]]) -> None:
        """Take the rows of each file. Raises InputError where their columns differ, or one has a label already."""
        self.path, self.format = path, parts[0][1].format
        self.columns = [LABEL, *parts[0][1].columns]
        for _, rows in parts:
            if LABEL in rows.columns:
                raise InputError(
                    f"{rows.path} has a column '{LABEL}', and {path!r} names labels too. Give the file alone, or drop "
                    "the column."
                )
        self.skipped = sum(rows.skipped for _, rows in parts)
        self.notes = [note for _, rows in parts for note in rows.notes]
        self._parts = list(parts)

    def __len__(self) -> int:
        return sum(len(rows) for _, rows in self._parts)

    def where(self, index: int) -> str:
        """Return the place of a row for messages: of its own file."""
        _, rows, place = self._find(index)
        return rows.where(place)

    def require(self, column: str) -> None:
        """Make sure that every row of every file has a value in `column`."""
        for _, rows in self._parts:
            if column != LABEL:
                if column not in rows.columns:
                    raise InputError(f"{rows.path} has no column '{column}', which {self._parts[0][1].path} has.")
                rows.require(column)

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, range(len(self)))

    def picked(self, columns: Sequence[str], places: Sequence[int] | Places | None = None) -> Iterator[list[str]]:
        """Yield the values of some columns, of every row or of those at `places`."""
        for place in range(len(self)) if places is None else places:
            values = self._row(int(place)).values
            yield [values[name] for name in columns]

    def _row(self, index: int) -> Row:
        label, rows, place = self._find(index)
        row = rows[place]
        return Row({LABEL: label, **row.values}, row.line)

    def _find(self, index: int) -> tuple[str, Rows, int]:
        for label, rows in self._parts:
            if index < len(rows):
                return label, rows, index
            index -= len(rows)
        raise IndexError(index)


def read_by_class(path: str, parts: Sequence[tuple[str, str]], read_one: Callable[[str], Rows]) -> RowsByClass:
    """Read each file with `read_one`. Raises InputError for what it cannot use."""
    return RowsByClass(path, [(label, read_one(file)) for label, file in parts])
