"""Pairs: rows of a source and a target, of two columns of one file or of two files whose lines go together."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.kept import Findings, Origin, kept, then
from seqloom.data.rows import OnBadRow, Rows, read
from seqloom.errors import InputError

Places = NDArray[np.int64]
SideName = Literal["source", "target"]


class Pair(NamedTuple):
    """One row: the texts of the source (several where it has several columns) and the text of the target."""

    source: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Side:
    """The columns of one side, and the place of each pair in its rows."""

    rows: Rows
    columns: tuple[str, ...]
    places: Places

    def at(self, chosen: Sequence[int] | Places) -> "Side":
        """Pick some pairs."""
        return Side(self.rows, self.columns, self.places[np.asarray(chosen, np.int64)])


class Pairs(Sequence[Pair]):
    """Pairs of one file or of two, read again whenever they are asked for, so that a large file is never held.

    path     what the file is called in messages; two files with a comma between
    skipped  how many pairs were left out because a side is empty
    origin   what is found in these pairs comes from (`kept.py`); None: unknown
    """

    origin: Origin | None = None

    def __init__(self, path: str, source: Side, target: Side, skipped: int = 0, origin: Origin | None = None) -> None:
        self.path, self.source, self.target, self.skipped, self.origin = path, source, target, skipped, origin

    def __len__(self) -> int:
        return len(self.source.places)

    def __getitem__(self, index: int) -> Pair:  # type: ignore[override]
        source = self.source.rows[int(self.source.places[index])].values
        same = self.source.rows is self.target.rows
        target = source if same else self.target.rows[int(self.target.places[index])].values
        return Pair(tuple(source[column] for column in self.source.columns), target[self.target.columns[0]])

    def __iter__(self) -> Iterator[Pair]:
        one, other = self.source, self.target
        if one.rows is other.rows:  # of the same rows, so a row is read once
            for *texts, target in one.rows.picked([*one.columns, *other.columns[:1]], one.places):
                yield Pair(tuple(texts), target)
            return
        sources, targets = one.rows.picked(one.columns, one.places), other.rows.picked(other.columns[:1], other.places)
        for found, (answer,) in zip(sources, targets, strict=True):
            yield Pair(tuple(found), answer)

    def where(self, index: int, side: SideName = "source") -> str:
        """Return the place of a pair for messages, such as "pairs.tsv:12"."""
        one = self.source if side == "source" else self.target
        return one.rows.where(int(one.places[index]))

    def shown(self, index: int) -> str:
        """Return what a person knows the source of a pair by: its texts."""
        return " | ".join(self[index].source)

    def at(self, chosen: Sequence[int] | Places, origin: Origin | None = None) -> "Pairs":
        """Pick some pairs, and say what they come from where anything found in them may be kept."""
        return Pairs(self.path, self.source.at(chosen), self.target.at(chosen), self.skipped, origin)


def two_files(path: str) -> tuple[str, str] | None:
    """Return the files that "train.de,train.en" names; None where it names one file (a comma may be in its name).

    Raises InputError for more than two.
    """
    if "," not in path or Path(path).exists():
        return None
    names = [name.strip() for name in path.split(",")]
    if len(names) != 2 or not all(names):
        raise InputError(f"{path}: give one file of two columns, or two files of lines with a comma between: a.de,a.en")
    return names[0], names[1]


def parallel(path: str, on_bad_row: OnBadRow = "error") -> tuple[Rows, Rows, Places, Places]:
    """Read "train.de,train.en": the rows of both files, and the places in them of the lines that go together.

    Every line counts, empty ones too. A line that cannot be read takes its partner along where bad rows are skipped.
    Raises InputError where one file has more lines than the other.
    """
    names = two_files(path)
    assert names is not None
    first, second = (read(name, format="text", on_bad_row=on_bad_row) for name in names)
    lines = [len(rows) + rows.skipped for rows in (first, second)]
    if lines[0] != lines[1]:
        raise InputError(
            f"{first.path} has {lines[0]} lines and {second.path} has {lines[1]}: line n of one must go with line n of "
            "the other. Find where they part; both ends are likely cut, or one holds an extra line."
        )
    _, one, other = np.intersect1d(first.lines, second.lines, assume_unique=True, return_indices=True)
    return first, second, one.astype(np.int64), other.astype(np.int64)


def whole(pairs: Pairs, on_bad_row: OnBadRow = "error") -> tuple[Pairs, str]:
    """Return the pairs of which both sides say something, and a note on the others, if any.

    Raises InputError for the first pair with an empty side unless such rows are skipped, or where none is left.
    """
    found = kept(then(pairs.origin, "whole", on_bad_row), lambda: _whole(pairs, on_bad_row))
    both, first = found["both"], found["first"]
    left_out = len(pairs) - len(both)
    if not left_out:
        return pairs, ""
    some = pairs.at(both, then(pairs.origin, "whole"))
    count = f"{left_out} pair{'' if left_out == 1 else 's'}"
    note = f"{count} of {len(pairs)} with an empty side skipped, the first: {first}"
    return Pairs(pairs.path, some.source, some.target, pairs.skipped + left_out, some.origin), note


def _whole(pairs: Pairs, on_bad_row: OnBadRow) -> Findings:
    """Find the pairs of which both sides say something, and what is wrong with the first of the others."""
    both = array("q")
    first = ""
    for index, pair in enumerate(pairs):
        empty: SideName | None = None
        if not any(text.strip() for text in pair.source):
            empty = "source"
        elif not pair.target.strip():
            empty = "target"
        if empty is None:
            both.append(index)
            continue
        problem = f"{pairs.where(index, empty)}: the {empty} is empty"
        if on_bad_row == "error":
            raise InputError(f"{problem}. Fix the row, or skip such rows with --on-bad-row skip.")
        first = first or problem
    if not both:
        raise InputError(f"{pairs.path}: no pair has text on both sides; the first: {first}.")
    return {"both": np.frombuffer(both, np.int64), "first": first}
