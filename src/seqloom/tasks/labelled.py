"""Labelled texts: which columns of a file are texts and which labels, read again each time they are wanted."""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seqloom.data.by_class import files_of, read_by_class
from seqloom.data.columns import guess_label, guess_number, pick
from seqloom.data.corpus import Listed
from seqloom.data.formats import EXTENSIONS, choose
from seqloom.data.header import is_number
from seqloom.data.kept import Findings, Origin, kept, then
from seqloom.data.rows import Places, Rows, read
from seqloom.errors import InputError
from seqloom.spec import SideSpec, Spec
from seqloom.tasks.examples import Examples, Reader
from seqloom.tasks.task import Say

BETWEEN = "\x1f"
"""Stands between the texts of a row of several columns where they are one key."""
MANY = 100_000
"""Different labels beyond which they are read each time they are asked for, rather than once and held."""
TEXT_COLUMNS = (
    "text",
    "sentence",
    "document",
    "review",
    "question",
    "comment",
    "message",
    "title",
    "content",
    "source",
    "sequence",
)


class Texts(Examples):
    """Some rows of a file, as texts and labels, read again each time so that a large file is never held."""

    def __init__(
        self,
        rows: Rows,
        columns: list[str],
        label: str,
        multilabel: str | None,
        at: Sequence[int] | Places | None = None,
        origin: Origin | None = None,
    ) -> None:
        """`at` are the places of some rows, and `origin` is what they come from; None: all rows."""
        self.rows, self.columns, self.label, self.multilabel = rows, columns, label, multilabel
        self.path = rows.path
        self.origin = then(rows.origin, "texts", columns, label, multilabel) if at is None else origin
        self._at = np.arange(len(rows)) if at is None else np.asarray(at, np.int64)
        self._found: tuple[NDArray[np.int32], list[str]] | None = None
        self._many = False

    def __len__(self) -> int:
        return len(self._at)

    def at(self, chosen: Sequence[int] | Places) -> "Texts":
        """Pick some rows."""
        return self.part(np.asarray(chosen, np.int64), None)

    def part(self, chosen: Places, origin: Origin | None) -> "Texts":
        """Pick some rows, held as one array."""
        some = Texts(self.rows, self.columns, self.label, self.multilabel, self._at[chosen], origin)
        found = self._found if origin is None else self._cells()  # known of all, so not read again of some
        if found is not None:
            some._found = found[0][chosen], found[1]
        return some

    def texts(self) -> Iterator[list[str]]:
        """Yield the texts of each row."""
        return self.rows.picked(self.columns, self._at)

    def every(self) -> Iterator[str]:
        """Yield every text."""
        for row in self.texts():
            yield from row

    def keys(self) -> Iterator[str]:
        """Yield the texts of each row, joined."""
        return (BETWEEN.join(row) for row in self.texts())

    def told(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the texts of each row, joined, and its labels, both of one reading."""
        for *texts, cell in self.rows.picked([*self.columns, self.label], self._at):
            yield BETWEEN.join(texts), self.split(cell)

    def cells(self) -> Iterator[str]:
        """Yield the cell of the label."""
        found = self._cells()
        if found is None:
            return (cell for (cell,) in self.rows.picked([self.label], self._at))
        numbers, cells = found
        return map(cells.__getitem__, numbers)

    def tally(self) -> Counter[str]:
        """Count each label."""
        found = self._cells()
        if found is None:
            return super().tally()
        counted = Counter[str]()
        for cell, count in zip(found[1], np.bincount(found[0], minlength=len(found[1])).tolist(), strict=True):
            if count:  # a cell may be of other rows only
                counted.update(dict.fromkeys(self.split(cell), count))
        return counted

    def numbered(self, index: Mapping[str, int]) -> NDArray[np.int64]:
        """Return the number of each row's only label."""
        found = self._cells()
        if found is None:
            return super().numbered(index)
        return np.array([index.get(cell, -1) for cell in found[1]], np.int64)[found[0]]

    def _cells(self) -> tuple[NDArray[np.int32], list[str]] | None:
        """Return each row's cell by number, and the different cells; None where they are too many to hold."""
        if self._found is None and not self._many:
            found = kept(then(self.origin, "cells", MANY), self._read_cells)
            self._many = found["cells"] is None
            self._found = None if self._many else (found["numbers"], found["cells"])
        return self._found

    def _read_cells(self) -> Findings:
        listed, numbers = Listed(), array("i")
        for (cell,) in self.rows.picked([self.label], self._at):
            numbers.append(listed.place(cell))
            if len(listed.texts) > MANY:
                return {"cells": None}
        return {"numbers": np.asarray(numbers, np.int32), "cells": listed.texts}

    def where(self, place: int) -> str:
        """Return the place of a row."""
        return self.rows.where(int(self._at[place]))

    def names(self) -> list[str]:
        """Return the columns of the file."""
        return list(self.rows.columns)

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        self.rows.require(name)
        return [cell for (cell,) in self.rows.picked([name], self._at)]


class TextReader(Reader):
    """Reads texts, of a table, of lines, of FASTA, or of one file a class."""

    @property
    def columns(self) -> list[str]:
        """The text columns of a row."""
        return text_columns(sides(self.spec)[0])

    @property
    def whole(self) -> bool:
        """Whether the format is FASTA."""
        train, format = self.spec.data.train, self.spec.data.format
        return is_fasta(str(train), format)

    def training(self, path: str, say: Say) -> Texts:
        """Read the training file and write the columns found into the spec."""
        source, target = sides(self.spec)
        rows = read_rows(self.spec, path, say)
        settle_columns(self.spec, rows, self.usual, say)
        return Texts(rows, text_columns(source), str(target.column), target.multilabel)

    def labelled(self, path: str, say: Say) -> Texts:
        """Read another file with labels."""
        _, target = sides(self.spec)
        rows = read_rows(self.spec, path, say)
        columns = self._columns_in(rows, say)
        label = pick(rows, label_column(target), self.usual, "label", "--label-column")
        return Texts(rows, columns, label, target.multilabel)

    def rows(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], list[str]]]:
        """Read a file whose labels may be absent; yield each row's values and its texts."""
        rows = read_rows(self.spec, path, say)
        columns = self._columns_in(rows, say)
        for row in rows:
            yield row.values, [row.values[name] for name in columns]

    def _columns_in(self, rows: Rows, say: Say) -> list[str]:
        names = self.columns
        if not all(name in rows.columns for name in names) and len(rows.columns) == len(names):
            if list(rows.columns) != names:
                say(f"{rows.path}: no column {', '.join(names)}; its {len(names)} column(s) are taken in order.")
            return list(rows.columns)
        return [pick(rows, name, TEXT_COLUMNS, "text", "--text-column") for name in names]


def sides(spec: Spec) -> tuple[SideSpec, SideSpec]:
    if spec.source is None or spec.target is None:
        raise InputError(f"{spec.task} needs a source (what is read) and a target (what is told) in its spec.")
    return spec.source, spec.target


def label_column(target: SideSpec) -> str | None:
    """Return the label column asked for, if any. Raises InputError for several."""
    if isinstance(target.column, list):
        raise InputError(f"one column holds the labels, given {len(target.column)}: {', '.join(target.column)}.")
    return None if target.column is None else str(target.column)


def is_fasta(path: str, format: str | None) -> bool:
    """Tell whether a file, or one file a class, is FASTA, by its format or, where that is auto, by its name."""
    endings = tuple(ending for ending, kind in EXTENSIONS.items() if kind == "fasta")
    return format == "fasta" or (format in (None, "auto") and path.lower().removesuffix(".gz").endswith(endings))


def text_columns(source: SideSpec) -> list[str]:
    column = source.column
    return [str(column)] if isinstance(column, str | int) else [str(name) for name in column or []]


def read_rows(spec: Spec, path: str, say: Say, more: Sequence[str] = ()) -> Rows:
    source, target = sides(spec)
    wanted = [*text_columns(source), *([] if target.column is None else [str(label_column(target))]), *more]
    format, train = str(spec.data.format), spec.data.train
    if path == "-" and format == "auto" and train not in (None, "-"):
        format = choose(str(train), format, b"").name  # standard input is read as the training file was

    def one(name: str) -> Rows:
        return read(name, format=format, header=spec.data.header, wanted=wanted, on_bad_row=spec.data.on_bad_row)

    files = files_of(path)
    rows = one(path) if files is None else read_by_class(path, files, one)
    for note in rows.notes:
        say(note)
    return rows


def settle_columns(spec: Spec, rows: Rows, usual: Sequence[str], say: Say) -> None:
    """Write the columns found into the spec, so that the run remembers them."""
    source, target = sides(spec)
    if source.column is None and target.column is None and not set(rows.columns) & {*TEXT_COLUMNS, *usual}:
        label, texts, note = guess_number(rows) if spec.task == "regress" else guess_label(rows)
        target.column, source.column = label, list(texts)
        say(note)
        return
    target.column = pick(rows, label_column(target), usual, "label", "--label-column")
    asked: list[str | None] = [*text_columns(source)] or [None]
    source.column = [pick(rows, name, TEXT_COLUMNS, "text", "--text-column") for name in asked]
    if target.column in source.column:
        raise InputError(f"{rows.path}: column '{target.column}' is both text and label; name them apart.")


def check_labels(spec: Spec, examples: Examples, labels: list[str], say: Say) -> None:
    _, target = sides(spec)
    path, it = examples.path, "it" if target.column is None else f"column '{target.column}'"
    if len(labels) < 2 and target.multilabel is None:
        only = f"only {labels[0]!r}" if labels else "no label"
        raise InputError(f"{path}: {it} holds {only}; there must be at least two labels to tell apart.")
    if not labels:
        raise InputError(f"{path}: {it} holds no label at all.")
    if len(labels) > 20 and all(is_number(label) for label in labels):
        say(
            f"{path}: {it} holds {len(labels)} different numbers; each is taken for a name of its own. Use the task "
            "regress to learn the numbers themselves."
        )
    elif len(labels) > max(20, len(examples) // 2):
        say(f"{path}: {it} holds {len(labels)} labels for {len(examples)} rows; is it the right column?")
    if "" in labels:
        say(f"{path}: some rows have an empty label, taken for a label of its own.")
