"""Series in a table, one a row: TSV, CSV or JSON lines.

Where each cell of a row holds one number, its columns are the steps of one channel, in the order of the file. Where a
cell holds several (with spaces or commas between, or as a JSON list), each column is a channel, and series may differ
in length. An empty cell, `?`, `NaN` or `null` is a missing value.
"""

import json
from collections.abc import Sequence
from itertools import islice

import numpy as np

from seqloom.data.cases import Case, Cases, Floats, Gather, numbers
from seqloom.data.columns import pick
from seqloom.data.formats import BadRow
from seqloom.data.rows import OnBadRow, Rows
from seqloom.errors import InputError

LOOKED_AT = 100
"""Rows that tell whether a cell holds one number or a series."""


def columns_of_series(rows: Rows, asked: Sequence[str], label: str | None) -> list[str]:
    """Return the columns that hold numbers: those asked for, else every one but the label's.

    Raises InputError where there is none, or where one asked for is not there.
    """
    if asked:
        found = [pick(rows, name, (), "series", "--text-column") for name in asked]
        if label in found:
            raise InputError(f"{rows.path}: column '{label}' is both series and label; name them apart.")
        return found
    found = [name for name in rows.columns if name != label]
    if not found:
        raise InputError(f"{rows.path}: it has one column, '{label}', and that is the label.")
    for name in found:
        rows.require(name)
    return found


def holds_steps(rows: Rows, columns: Sequence[str]) -> bool:
    """Tell whether columns are the steps of a series, one number a cell, or its channels."""
    if len(columns) < 2:
        return False
    for row in islice(rows, LOOKED_AT):
        for name in columns:
            cell = row.values[name].strip()
            if cell.startswith("[") or "," in cell or len(cell.split()) > 1:
                return False
    return True


def read_table(rows: Rows, columns: Sequence[str], label: str | None, on_bad_row: OnBadRow, *, as_steps: bool) -> Cases:
    """Read the series in `columns` of each row, which are its steps or its channels, and its label.

    Raises InputError, with the place, for a bad row.
    """
    found = Gather(rows.path, ["1"] if as_steps else list(columns), on_bad_row)
    for row in rows:
        labels = () if label is None else (row.values[label],)
        cells = [row.values[name] for name in columns]
        try:
            if as_steps:
                values = np.array([_numbers(columns, cells)]).T
            else:
                values = channels(columns, cells)
            found.add(Case(values, labels, row.line))
        except BadRow as bad:
            found.refuse(row.line, bad)
    return found.done()


def words(cell: str) -> list[str]:
    """Return the numbers of a cell as words. Raises BadRow for a list that holds more than numbers."""
    text = cell.strip()
    if not text.startswith("["):
        return text.split(",") if "," in text else text.split() or [""]
    try:
        listed = json.loads(text)
    except json.JSONDecodeError:
        raise BadRow(f"{text[:40]!r} is no JSON list of numbers") from None
    if any(isinstance(one, list) for one in listed):
        raise BadRow("a list within a list", "Give each channel a column of its own")
    return ["" if one is None else json.dumps(one) if isinstance(one, int | float) else str(one) for one in listed]


def channels(columns: Sequence[str], cells: Sequence[str]) -> Floats:
    """Return the series whose channels are `cells`: [steps, channels]. Raises BadRow."""
    found = []
    for name, cell in zip(columns, cells, strict=True):
        try:
            found.append(numbers(words(cell)))
        except BadRow as bad:
            raise BadRow(f"column '{name}': {bad.problem}", bad.fix) from None
    lengths = {name: len(channel) for name, channel in zip(columns, found, strict=True)}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{length} in '{name}'" for name, length in list(lengths.items())[:6])
        raise BadRow(f"channels of different lengths ({said})")
    return np.array(found, np.float64).T


def _numbers(columns: Sequence[str], cells: Sequence[str]) -> list[float]:
    try:
        return numbers(cells)
    except BadRow as bad:
        for name, cell in zip(columns, cells, strict=True):
            try:
                numbers([cell])
            except BadRow:
                fix = "Fix the row, or name the columns of the series with --text-column"
                raise BadRow(f"column '{name}': {bad.problem}", fix) from None
        raise
