"""Cases: series of numbers, one or several channels each, with a label for each or for every step of it.

What the readers of series return (`ts.py`, `case_table.py`, `case_long.py`); a reader hands over each row's numbers
with its place, and what cannot be used is refused or counted here, alike for all of them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.formats import BadRow
from seqloom.data.header import MISSING
from seqloom.data.rows import OnBadRow
from seqloom.errors import InputError

Floats = NDArray[np.float64]


class Case(NamedTuple):
    """One series.

    values  [steps, channels], NaN where a value is missing
    labels  its label, a label for each step, or none
    line    the line of the file where it starts
    name    its id in a long table, else ""
    rows    the row of a long table that each step is, from 0
    own     its other cells by column
    """

    values: Floats
    labels: tuple[str, ...]
    line: int
    name: str = ""
    rows: tuple[int, ...] = ()
    own: Mapping[str, str] = {}


class Cases(Sequence[Case]):
    """The series of one file, in memory: eight bytes a number.

    path      what the file is called in messages
    channels  their names; "1", "2", ... where the file has none
    skipped   how many bad rows were left out
    notes     what to say aloud
    """

    def __init__(
        self, path: str, channels: Sequence[str], cases: Sequence[Case], notes: Sequence[str] = (), skipped: int = 0
    ) -> None:
        self.path, self.channels, self.skipped, self.notes = path, list(channels), skipped, list(notes)
        self._cases = list(cases)

    def __len__(self) -> int:
        return len(self._cases)

    def __getitem__(self, index: int) -> Case:  # type: ignore[override]
        return self._cases[index]

    def where(self, index: int) -> str:
        """Return the place of a series for messages, such as "motions.ts:12"."""
        return f"{self.path}:{self._cases[index].line}"

    def at(self, chosen: Sequence[int]) -> "Cases":
        """Pick some series."""
        return Cases(self.path, self.channels, [self._cases[place] for place in chosen])


class Gather:
    """Takes the series of a file one by one; `channels` are the names that each of them has numbers for."""

    def __init__(self, path: str, channels: Sequence[str], on_bad_row: OnBadRow, each: bool = False) -> None:
        """`each` says that every step is told something of, so that none is padding."""
        self.path, self.channels, self._skip, self._each = path, list(channels), on_bad_row == "skip", each
        self.notes: list[str] = []
        self._cases: list[Case] = []
        self._skipped, self._first = 0, ""
        self._cut, self._first_cut = 0, 0

    def add(self, case: Case) -> None:
        """Keep a series. Steps at its end without any value are padding and are cut off, unless each step counts.

        Raises InputError, or counts the row, where it has no value at all.
        """
        there = ~np.isnan(case.values).all(1)
        if not there.any():
            self.refuse(case.line, BadRow("a series without any value"))
            return
        end = int(np.flatnonzero(there)[-1]) + 1
        if end < len(case.values) and not self._each:
            self._cut += 1
            self._first_cut = self._first_cut or case.line
            case = case._replace(values=case.values[:end], rows=case.rows[:end])
        self._cases.append(case)

    def refuse(self, line: int, bad: BadRow) -> None:
        """Raise InputError for a bad row, or count it."""
        place = f"{self.path}:{line}: {bad.problem}"
        if not self._skip:
            raise InputError(f"{place}. {bad.fix}, or skip such rows with --on-bad-row skip.")
        self._skipped += 1
        self._first = self._first or place

    def done(self) -> Cases:
        """Return what was kept. Raises InputError where that is nothing."""
        if self._skipped:
            self.notes.append(f"{_count(self._skipped, 'bad row')} skipped, the first: {self._first}")
        if not self._cases:
            raise InputError(f"{self.path}: it holds no series" + (f"; {self.notes[-1]}." if self._skipped else "."))
        if self._cut:
            self.notes.append(
                f"{self.path}: {self._cut} of {len(self._cases)} series end in missing values, which are taken for "
                f"padding and cut off, the first: {self.path}:{self._first_cut}"
            )
        return Cases(self.path, self.channels, self._cases, self.notes, self._skipped)


def numbers(words: Sequence[str]) -> list[float]:
    """Return the numbers that words stand for, NaN for a missing one ("", "?", "NaN", "NA", ...).

    Raises BadRow for a word that is no number, and for an infinite one.
    """
    try:
        values = [float(word) for word in words]
        plain = not any("_" in word for word in words)
    except ValueError:
        plain = False
    if not plain:
        values = [number(word) for word in words]
    if not np.isfinite(values).all():
        for word, value in zip(words, values, strict=True):
            if np.isinf(value):
                raise BadRow(f"{word.strip()} is not finite")
    return values


def number(word: str) -> float:
    """Return the number that one word stands for, NaN where it is missing. Raises BadRow for what is none."""
    text = word.strip()
    if text.casefold() in MISSING:
        return float("nan")
    try:
        return float(text.replace("_", "x"))  # 1_000 is a number to Python alone
    except ValueError:
        raise BadRow(f"{text[:40]!r} is no number") from None


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
