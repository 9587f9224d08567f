"""Leaks: rows held out that training has too, exactly, in normal form or nearly; and rows that a part has twice.

A validation on rows that training has seen measures memory. Only hashes are compared, eight bytes a row; two different
texts share one of 64 bits by chance once in 37 million files of a million rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.checking.near import near
from seqloom.checking.normal import Hashes, normal
from seqloom.checking.survey import Survey

SHOWN = 3
"""Examples of each kind."""
LONG = 20
"""Letters from which a line that occurs twice is no accident, in a text whose rows are lines."""


@dataclass(frozen=True)
class Example:
    """A row, another that it is the same as, and what is read of it; they have `share` of their letters in common."""

    where: str
    other: str
    text: str
    share: float = 1.0


@dataclass(frozen=True)
class Leak:
    """Rows of one part that are also in another.

    kind  "exact"; "normal": but for case, spaces, punctuation and forms of letters; "near": but for a few letters
    same  how many of them are told the same as the row that they are the same as; None where nothing is told
    all   whether that is all of them
    """

    part: str
    known: str
    kind: str
    rows: int
    of: int
    same: int | None
    examples: list[Example]
    all: bool = True


@dataclass(frozen=True)
class Twice:
    """Rows of a part that are there more than once.

    rows       rows beyond the first of their kind, by exact text
    normal     the same by normal form, the exact ones among them
    unlike     rows of a normal form that is told in more than one way
    best       the share of all rows that an answer by what is read alone can get right, at most
    examples   of exact ones;  conflicts  of rows told otherwise
    """

    rows: int
    normal: int
    unlike: int
    best: float
    examples: list[Example]
    conflicts: list[Example]


def leaks(held: Survey, known: Survey) -> list[Leak]:
    """Return the leaks from one part to another that was looked at before."""
    counted = _counted(held)
    exact = np.isin(held.exact, known.exact) & counted
    found = [_leak("exact", held, known, exact, held.exact, known.exact)]
    if not held.part.written:
        return [one for one in found if one.rows]
    same = np.isin(held.normal, known.normal) & ~exact & counted
    found.append(_leak("normal", held, known, same, held.normal, known.normal))
    if held.part.run:
        found.append(_near(held, known, exact | same))
    return [one for one in found if one.rows]


def _near(held: Survey, known: Survey, skip: NDArray[np.bool_]) -> Leak:
    """Return the rows that are nearly the same."""

    def texts(of: Survey, row: int) -> str:
        return normal(of.part.text(row))

    pairs, whole = near(
        (held.bands, lambda row: texts(held, row)),
        (known.bands, lambda row: texts(known, row)),
        skip,
        held.part.run,
    )
    shown = [_example(held, row, known, other, share) for row, other, share in pairs[:SHOWN]]
    agree = sum(bool(held.told[row] == known.told[other]) for row, other, _ in pairs)
    told = None if held.part.kind in ("nothing", "text") else agree
    return Leak(held.part.name, known.part.name, "near", len(pairs), len(skip), told, shown, whole)


def twice(one: Survey) -> Twice:
    """Return what a part has more than once."""
    counted = _counted(one)
    exact, plain = _again(one.exact) & counted, _again(one.normal) & counted
    first = _firsts(one.exact)
    examples = [_example(one, row, one, int(first[row])) for row in np.flatnonzero(exact)[:SHOWN].tolist()]
    unlike, best, odd = _unlike(one)
    conflicts = [_example(one, row, one, other) for row, other in odd]
    return Twice(int(exact.sum()), int(plain.sum()), unlike, best, examples, conflicts)


def _counted(one: Survey) -> NDArray[np.bool_]:
    """Return which rows count: of a text whose rows are lines, those long enough to be there once."""
    if one.part.what != "lines":
        return np.ones(len(one.exact), bool)
    return one.sizes >= LONG


def _leak(kind: str, held: Survey, known: Survey, which: NDArray[np.bool_], asked: Hashes, there: Hashes) -> Leak:
    rows = np.flatnonzero(which)
    others = _places(asked[rows], there)
    told = None
    if held.part.kind not in ("nothing", "text"):
        told = int((held.told[rows] == known.told[others]).sum())
    shown = [
        _example(held, row, known, other)
        for row, other in zip(rows[:SHOWN].tolist(), others[:SHOWN].tolist(), strict=True)
    ]
    return Leak(held.part.name, known.part.name, kind, len(rows), int(_counted(held).sum()), told, shown)


def _example(held: Survey, row: int, known: Survey, other: int, share: float = 1.0) -> Example:
    text = held.part.text(row) if held.part.written else ""
    return Example(held.part.where(row), known.part.where(other), text, share)


def _places(asked: Hashes, there: Hashes) -> NDArray[np.int64]:
    """Return the first place of each hash [asked] among those that are there."""
    if not len(asked):
        return np.zeros(0, np.int64)
    order = np.argsort(there, kind="stable")
    return order[np.searchsorted(there[order], asked)]


def _firsts(values: Hashes) -> NDArray[np.int64]:
    """Return of each row the first one that has its value [rows]."""
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.int64)


def _again(values: Hashes) -> NDArray[np.bool_]:
    """Return which rows have a value that an earlier row has [rows]."""
    return _firsts(values) != np.arange(len(values))


def _unlike(one: Survey) -> tuple[int, float, Sequence[tuple[int, int]]]:
    """Return how many rows are told otherwise than a row of the same normal form, the share of rows that the most
    frequent answer to each form gets right, and examples as pairs of rows."""
    rows = len(one.normal)
    if one.part.kind == "nothing" or not rows:
        return 0, 1.0, []
    order = np.lexsort((one.told, one.normal))
    form, told = one.normal[order], one.told[order]
    starts = np.flatnonzero(np.r_[True, form[1:] != form[:-1]])
    pieces = np.flatnonzero(np.r_[True, (form[1:] != form[:-1]) | (told[1:] != told[:-1])])
    sizes = np.diff(np.r_[starts, rows])
    inside = np.diff(np.r_[np.searchsorted(pieces, starts), len(pieces)])  # ways in which each form is told
    most = np.maximum.reduceat(np.diff(np.r_[pieces, rows]), np.searchsorted(pieces, starts))
    odd = np.flatnonzero(inside > 1)
    shown = []
    for group in odd[:SHOWN].tolist():
        piece = int(np.searchsorted(pieces, starts[group]))
        shown.append((int(order[pieces[piece + 1]]), int(order[pieces[piece]])))
    return int(sizes[odd].sum()), float(most.sum() / rows), shown
