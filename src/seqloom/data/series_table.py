"""Tables: columns of a file of numbers over time, whole, from CSV and its kin or from Parquet.

A number is written plainly: 12, -3.5, 1e-3. What says that there is none ("", NA, NaN, null, ?) is missing, which is
NaN here; anything else, infinity too, is refused with its file and line.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqloom.data.formats import BadRow
from seqloom.data.header import MISSING
from seqloom.data.rows import OnBadRow, Rows, read
from seqloom.errors import InputError, ResourceError

Floats = NDArray[np.float64]
SAMPLE = 1000
"""Cells that tell whether a column holds numbers."""
PARQUET = b"PAR1"


class Table(Protocol):
    """Columns of a file, each whole.

    path     what the file is called in messages
    columns  their names, in order
    notes    what to say aloud
    """

    path: str
    columns: list[str]
    notes: list[str]

    def __len__(self) -> int:
        """Return how many rows there are."""

    def text(self, column: str) -> list[str]:
        """Return the cells of a column as they are written."""

    def where(self, row: int) -> str:
        """Return the place of a row for messages."""


class TextTable:
    """A table of a CSV, TSV or JSONL file."""

    def __init__(self, rows: Rows) -> None:
        self.path, self.columns, self.notes = rows.path, list(rows.columns), list(rows.notes)
        self._rows = rows
        self._cells: dict[str, list[str]] = {name: [] for name in self.columns}
        for row in rows:
            for name, cell in row.values.items():
                self._cells[name].append(cell)

    def __len__(self) -> int:
        return len(self._rows)

    def text(self, column: str) -> list[str]:
        """Return the cells of a column as they are written."""
        return self._cells[column]

    def where(self, row: int) -> str:
        """Return "file:line"."""
        return self._rows.where(row)


class ParquetTable:
    """A table of a Parquet file."""

    def __init__(self, path: str) -> None:
        """Read a file. Raises InputError for one that is no Parquet, ResourceError where pyarrow is not installed."""
        try:
            from pyarrow import ArrowException, types
            from pyarrow.parquet import read_table
        except ImportError:
            raise ResourceError(
                f"{path}: Parquet needs pyarrow, which is not installed: pip install 'seqloom[parquet]'. CSV needs "
                "nothing."
            ) from None
        try:
            found = read_table(path)
        except FileNotFoundError:
            raise InputError(f"{path}: no such file.") from None
        except (ArrowException, OSError) as error:
            raise InputError(f"{path}: not a Parquet file that can be read: {str(error).splitlines()[0]}") from None
        self.path, self.columns, self.notes = path, [str(name) for name in found.column_names], list[str]()
        self._length = int(found.num_rows)
        self._cells = {}
        for name in self.columns:
            column = found.column(name)
            if types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            self._cells[name] = [_shown(value) for value in column.to_pylist()]
        if self._length == 0:
            raise InputError(f"{path} has columns ({', '.join(self.columns)}) and no rows.")

    def __len__(self) -> int:
        return self._length

    def text(self, column: str) -> list[str]:
        """Return the cells of a column as CSV would have them."""
        return self._cells[column]

    def where(self, row: int) -> str:
        """Return "file: row n", counted from 1."""
        return f"{self.path}: row {row + 1}"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    return value.isoformat(" ") if hasattr(value, "hour") else str(value)


def open_table(
    path: str,
    *,
    format: str = "auto",
    header: bool | None = None,
    wanted: Iterable[str] = (),
    on_bad_row: OnBadRow = "error",
) -> Table:
    """Read the columns of a file; Parquet is known by its name. Raises InputError for a file that cannot be read."""
    if Path(path).suffix.lower() in (".parquet", ".pq"):
        return ParquetTable(path)
    table = TextTable(read(path, format=format, header=header, wanted=wanted, on_bad_row=on_bad_row))
    if table.columns == ["text"]:
        first = table.text("text")[0]
        likely = "csv" if "," in first else "tsv" if "\t" in first else ""
        if likely:
            raise InputError(
                f"{table.path} is read as plain text, a line a row. Its first line looks like {likely}: --format "
                f"{likely}."
            )
    return table


def numbers(table: Table, column: str) -> Floats:
    """Return a column as numbers, NaN where there is none. Raises InputError for a cell that is no finite number."""
    cells = table.text(column)
    try:
        values = np.array([float(cell) for cell in cells])
        if np.isfinite(values).all() and not any("_" in cell for cell in cells):
            return values
    except ValueError:
        pass
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        try:
            values[row] = number(cell)
        except BadRow as bad:
            raise InputError(f"{table.where(row)}: column '{column}': {bad.problem}. {bad.fix}.") from None
    return values


def number(cell: str) -> float:
    """Return one number, NaN for what says that there is none. Raises BadRow for anything else."""
    text = cell.strip()
    if text.casefold() in MISSING:
        return math.nan
    try:
        value = float(text) if "_" not in text else None
    except ValueError:
        value = None
    if value is None:
        plain = text.replace(",", "")
        if plain != text and _is_float(plain):
            raise BadRow(
                f"{text[:40]!r} is no number", f"Write it without commas: {plain}, or {text.replace(',', '.')}"
            )
        raise BadRow(f"{text[:40]!r} is no number", "Write a number, or leave the cell empty where there is none")
    if not math.isfinite(value):
        raise BadRow(f"{text} is not finite", "Write a number, or leave the cell empty where there is none")
    return value


def holds_numbers(cells: Sequence[str]) -> bool:
    """Say whether a column is one of numbers: most of what its first cells say, and something, is one."""
    said = [cell for cell in cells[:SAMPLE] if cell.strip().casefold() not in MISSING]
    return bool(said) and sum(map(_is_float, said)) * 2 > len(said)


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
