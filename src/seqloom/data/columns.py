"""Which column is the text, which the label."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from seqloom.data.header import clean, is_number
from seqloom.data.rows import Rows
from seqloom.errors import InputError, nearest

LOOKED_AT = 2000
"""Rows that decide which column is the label."""


def pick(rows: Rows, asked: str | int | None, usual: Iterable[str], what: str, flag: str) -> str:
    """Return the name of the column asked for by name or number (from 1), else the first of the `usual` ones.

    `what` and `flag` say in messages what the column is for and how to name it: "text", "--text-column".

    Raises InputError where there is no such column, or where a row has no value in it.
    """
    column = _usual(rows, usual, what, flag) if asked is None else _asked(rows, str(asked), flag)
    rows.require(column)
    return column


def _asked(rows: Rows, asked: str, flag: str) -> str:
    name = clean(asked)
    folded = [column for column in rows.columns if column.casefold() == name.casefold()]
    if name in rows.columns:
        return name
    if len(folded) == 1:
        return folded[0]
    if name.isdigit() and 1 <= int(name) <= len(rows.columns):
        return rows.columns[int(name) - 1]
    if name.isdigit():
        raise InputError(f"{rows.path} has no column {name}: {_all(rows)} ({flag}).{_hint(rows)}")
    raise InputError(f"{rows.path} has no column '{asked}'" + nearest(name, rows.columns, flag) + "." + _hint(rows))


def _usual(rows: Rows, usual: Iterable[str], what: str, flag: str) -> str:
    known = {column.casefold(): column for column in reversed(rows.columns)}
    for name in usual:
        if clean(name).casefold() in known:
            return known[clean(name).casefold()]
    raise InputError(f"{rows.path}: which column is the {what}? {_all(rows)}. Name it with {flag}.{_hint(rows)}")


def _all(rows: Rows) -> str:
    """List the columns."""
    shown = ", ".join(rows.columns[:20]) + (", ..." if len(rows.columns) > 20 else "")
    number = len(rows.columns)
    return f"it has {number} column{'' if number == 1 else 's'} ({shown})"


def _hint(rows: Rows) -> str:
    """Guess why a file has but one column."""
    if rows.format in ("text", "csv") and len(rows.columns) == 1:
        line = rows[0].values[rows.columns[0]] + rows.columns[0]
        if "\t" in line:
            return " Its rows hold tabs; should it be --format tsv?"
    return ""


class Guess(NamedTuple):
    """The label column, the text columns, and how to say so aloud."""

    label: str
    texts: list[str]
    note: str


def guess_label(rows: Rows) -> Guess:
    """Tell label and text apart in a file of two columns without names: the label repeats itself more.

    Raises InputError for another number of columns, or where neither column repeats itself enough to be a label.
    """
    if len(rows.columns) != 2:
        raise InputError(
            f"{rows.path}: which columns are the text and the label? {_all(rows)}. Name them with --text-column and"
            f" --label-column.{_hint(rows)}"
        )
    first = [list(row.values.values()) for row in islice(rows, LOOKED_AT)]
    distinct = [len({values[place] for values in first}) for place in (0, 1)]
    label = 0 if distinct[0] < distinct[1] else 1
    few = distinct[label] <= max(2, len(first) // 2)
    if distinct[0] == distinct[1] or not few:
        raise InputError(
            f"{rows.path}: neither column looks like a label ({distinct[0]} and {distinct[1]} different values in"
            f" {len(first)} rows). Say which is which with --text-column and --label-column."
        )
    name, text = rows.columns[label], rows.columns[1 - label]
    note = (
        f"{rows.path}: column {name} is taken as the label ({distinct[label]} different values in {len(first)} rows)"
        f" and column {text} as the text; --label-column and --text-column say otherwise"
    )
    return Guess(name, [text], note)


def guess_number(rows: Rows) -> Guess:
    """Tell a column of numbers from one of texts in a file of two columns without names.

    Raises InputError for another number of columns, or where not just one of them holds numbers alone.
    """
    first = [list(row.values.values()) for row in islice(rows, LOOKED_AT)]
    numbers = [place for place in range(len(rows.columns)) if all(is_number(values[place]) for values in first)]
    if len(rows.columns) != 2 or len(numbers) != 1:
        raise InputError(
            f"{rows.path}: which columns are what is read and the number to tell? {_all(rows)}. Name them with"
            f" --text-column and --label-column.{_hint(rows)}"
        )
    name, text = rows.columns[numbers[0]], rows.columns[1 - numbers[0]]
    note = (
        f"{rows.path}: column {name} is taken as the number to tell and column {text} as what is read; --label-column"
        " and --text-column say otherwise"
    )
    return Guess(name, [text], note)


def split_labels(cell: str, separator: str) -> list[str]:
    """Split the labels of one row at `separator`; a JSON list, as JSON lines may hold, is taken as it is.

    Outer spaces go, and so do empty labels: "" has none. A label given twice counts once.
    """
    if cell.startswith("[") and cell.endswith("]"):
        try:
            found = json.loads(cell, parse_int=str, parse_float=str)
        except json.JSONDecodeError:
            found = None
        if isinstance(found, list) and all(isinstance(label, str) for label in found):
            return list(dict.fromkeys(found))
    return list(dict.fromkeys(label.strip() for label in cell.split(separator) if label.strip()))
