"""Edits: how far an answer is from the nearest of its references, by edit distance (Levenshtein 1966).

    rate = sum of edits / sum of the lengths of the references taken

Insertions, deletions and substitutions cost 1. With several references the one with the fewest edits is taken, the
longest of those. A rate passes 1 where answers are much too long. Texts are composed first (NFC), so that a Hangul
syllable is one character however it was typed.
"""

import unicodedata
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from seqloom.errors import InputError
from seqloom.metrics.written import Written


class Exact(Written):
    """The share of answers that equal one of their references, character for character."""

    higher: ClassVar = {"exact": True}

    def __init__(self) -> None:
        self.right = 0

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in."""
        self.right += _composed(hypothesis) in map(_composed, references)

    def values(self) -> dict[str, float]:
        """Return exact, between 0 and 1."""
        return {"exact": self.right / self.rows}


class CharacterErrors(Written):
    """The character error rate, spaces included."""

    higher: ClassVar = {"cer": False}

    def __init__(self) -> None:
        self.edits = self.length = 0

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in."""
        edits, length = closest(_composed(hypothesis), [_composed(text) for text in references])
        self.edits, self.length = self.edits + edits, self.length + length

    def values(self) -> dict[str, float]:
        """Return cer, a share of the characters of the references."""
        return {"cer": _rate(self.edits, self.length)}


class SymbolErrors(Written):
    """Errors in symbols with spaces between, such as phonemes: the rate of symbols, and of answers not all right.

    They are the PER and the WER of the literature on grapheme to phoneme (Bisani & Ney 2008): a word is right where
    its whole pronunciation is one of its variants. That is another thing than the word error rate of speech.
    """

    higher: ClassVar = {"per": False, "word_error": False}

    def __init__(self) -> None:
        self.edits = self.length = self.wrong = 0

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in."""
        edits, length = closest(_composed(hypothesis).split(), [_composed(text).split() for text in references])
        self.edits, self.length, self.wrong = self.edits + edits, self.length + length, self.wrong + (edits > 0)

    def values(self) -> dict[str, float]:
        """Return per, a share of the symbols of the references, and word_error, a share of the answers."""
        return {"per": _rate(self.edits, self.length), "word_error": self.wrong / self.rows}


def closest(written: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return the edits to the nearest reference and its length; of equally near ones the longest."""
    return min(
        ((distance(written, wanted), len(wanted)) for wanted in references), key=lambda found: (found[0], -found[1])
    )


def distance(one: Sequence[str], two: Sequence[str]) -> int:
    """Return the least number of insertions, deletions and substitutions that make `one` of `two`."""
    if one == two:
        return 0
    codes: dict[str, int] = {}
    symbols = np.array([codes.setdefault(symbol, len(codes)) for symbol in two], np.int64)
    steps = np.arange(len(two) + 1)
    row = steps
    for symbol in one:
        next_row = row + 1  # the symbol is left out ...
        np.minimum(next_row[1:], row[:-1] + (symbols != codes.get(symbol, -1)), out=next_row[1:])  # ... or changed
        row = np.minimum.accumulate(next_row - steps) + steps  # or others are put in after it
    return int(row[-1])


def _rate(edits: int, length: int) -> float:
    if not length:
        raise InputError("there is nothing to measure errors against: every reference is empty.")
    return edits / length


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
