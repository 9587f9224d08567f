"""Rows from standard input as they arrive: a filter answers what it has been given, without waiting for the end."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import cast

from seqloom.data.formats import FORMATS, BadRow, Format, decode
from seqloom.data.header import clean
from seqloom.errors import InputError

NAME = "standard input"
PIECE = 2**20
BOM, GZIP = b"\xef\xbb\xbf", b"\x1f\x8b"


def arriving(stream: io.BufferedReader | None = None) -> Iterator[list[str]]:
    """Yield the lines that have arrived, a list at a time: what one read gives, whole lines only.

    Raises InputError for a line that is not UTF-8 text, once those before it are out.
    """
    stream = cast(io.BufferedReader, sys.stdin.buffer) if stream is None else stream
    rest, number = b"", 0
    while piece := stream.read1(PIECE):
        if number == 0 and not rest:
            piece = piece.removeprefix(BOM)
            if piece.startswith(GZIP):
                raise InputError(f"{NAME} is gzipped. Unzip it on the way: zcat FILE | seqloom ...")
        *whole, rest = (rest + piece).split(b"\n")
        if whole:
            yield from _decoded(whole, number)
            number += len(whole)
    if rest:
        yield from _decoded([rest], number)


def rows(wanted: list[str], format: str | None, say: Callable[[str], None]) -> Iterator[list[list[str]]]:
    """Yield the texts of the rows that have arrived: [rows, texts], with `wanted` the names of their columns.

    The first line settles how rows are read: JSON objects, tab- or comma-separated under a header that names the
    columns, cells between tabs, or (one column) plain lines; what is not plain is said. Raises InputError for a row
    that cannot be used.
    """
    reader: _Reader | None = None
    for lines in arriving():
        if reader is None:
            reader = _Reader(wanted, lines[0], format)
            if reader.note:
                say(reader.note)
        found = [texts for line in lines if (texts := reader.texts(line)) is not None]
        if found:
            yield found


class _Reader:
    """One way of reading a line, settled by the first."""

    def __init__(self, wanted: list[str], first: str, format: str | None) -> None:
        self._wanted, self._number, self._header, self.note = wanted, 0, False, ""
        self._parser, self._places = self._settle(first, format)

    def _settle(self, first: str, format: str | None) -> tuple[Format, list[int]]:
        """Return how to cut a line into cells, and which cells are the texts."""
        if format is not None and format not in FORMATS:
            raise InputError(f"unknown format '{format}'. Known: {', '.join(FORMATS)} (--format).")
        names = [clean(name) for name in self._wanted]
        places = list(range(len(names)))
        if format == "jsonl" or (format is None and _has_keys(first, names)):
            return FORMATS["jsonl"], places
        for kind in ("tsv", "csv") if format is None else (format,):
            cells = [clean(cell).casefold() for cell in _cells(kind, first)]
            if all(name.casefold() in cells and not name.isdigit() for name in names):
                self._header = True
                self.note = f"{NAME}: the first line names the columns ({', '.join(cells)}), so it has no answer."
                return FORMATS[kind], [cells.index(name.casefold()) for name in names]
        if format == "labelled":
            return FORMATS["labelled"], [1]
        if format is None and len(names) == 1 and not ("\t" in first and names[0].isdigit()):
            if "\t" in first:
                self.note = (
                    f"{NAME}: no first line names the column '{names[0]}', so each line, tabs and all, is a text."
                )
            return FORMATS["text"], [0]
        if all(name.isdigit() for name in names) and "\t" in first and max(map(int, names)) <= first.count("\t") + 1:
            wide = first.count("\t") + 1 > len(names)
            return FORMATS[format or "tsv"], [int(name) - 1 for name in names] if wide else places
        return FORMATS[format or "tsv"], places

    def texts(self, line: str) -> list[str] | None:
        """Return the texts of one row; None for the header."""
        self._number += 1
        if self._header and self._number == 1:
            return None
        try:
            cells = self._parser.cells(line)
        except BadRow as bad:
            raise InputError(f"{NAME}:{self._number}: {bad.problem}. {bad.fix}.") from None
        if isinstance(cells, dict):
            for name in self._wanted:
                if name not in cells:
                    raise InputError(f"{NAME}:{self._number}: no value for '{name}'. It has: {', '.join(cells)}.")
            return [cells[name] for name in self._wanted]
        if len(cells) <= max(self._places):
            if not line.strip():
                return [""] * len(self._places)  # an empty row is answered too: row for row
            raise InputError(
                f"{NAME}:{self._number}: {len(cells)} column(s), expected {max(self._places) + 1} "
                f"({', '.join(self._wanted)}), with a tab between them."
            )
        return [cells[place] for place in self._places]


def _has_keys(line: str, names: list[str]) -> bool:
    if not line.lstrip().startswith("{"):
        return False
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and all(name in row for name in names)


def _cells(kind: str, line: str) -> list[str]:
    if kind == "csv":
        return next(csv.reader(io.StringIO(line)), [])
    return line.split("\t") if kind == "tsv" else [line]


def _decoded(lines: list[bytes], before: int) -> Iterator[list[str]]:
    good: list[str] = []
    for number, line in enumerate(lines, before + 1):
        try:
            good.append(decode(line.removesuffix(b"\r")))
        except BadRow as bad:
            if good:
                yield good
            raise InputError(f"{NAME}:{number}: {bad.problem}. {bad.fix}.") from None
    if good:
        yield good
