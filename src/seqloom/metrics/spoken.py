"""Spoken: how far a transcript is from what was said, in words and in characters, by jiwer.

    wer = (substitutions + deletions + insertions) / words said,   cer the same of characters, spaces included

Of several right answers the one with the fewest wrong words is taken, of those the one with the fewest wrong
characters. Rates are those of the whole corpus, no means over rows, and pass 1 where too much is heard. Texts are
composed first (NFC). Case and punctuation count as they stand.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from seqloom.errors import InputError
from seqloom.metrics.written import Written


@dataclass(frozen=True)
class Edits:
    """Edits that make what was said of a transcript, and `length`, the words or characters said."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    length: int = 0

    def __add__(self, other: "Edits") -> "Edits":
        return Edits(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.length + other.length,
        )

    @property
    def count(self) -> int:
        """All edits."""
        return self.substitutions + self.deletions + self.insertions


class Spoken(Written):
    """Word and character error rates, and the share of rows with any word wrong."""

    higher: ClassVar = {"wer": False, "cer": False, "row_error": False}

    def __init__(self) -> None:
        try:
            import jiwer
        except ImportError:
            raise InputError(
                "word error rates are computed by jiwer, which is not installed: pip install 'seqloom[metrics]'"
            ) from None
        self._jiwer = jiwer
        self.words, self.characters, self.wrong = Edits(), Edits(), 0

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one transcript in."""
        heard = _plain(hypothesis)
        each = [self._edits(heard, _plain(text)) for text in references]
        words, characters = min(each, key=lambda found: (found[0].count, found[1].count))
        self.words, self.characters = self.words + words, self.characters + characters
        self.wrong += words.count > 0

    def values(self) -> dict[str, float]:
        """Return wer, cer and row_error, shares."""
        if not self.words.length:
            raise InputError("there is nothing to measure errors against: every reference is empty.")
        return {
            "wer": self.words.count / self.words.length,
            "cer": self.characters.count / self.characters.length,
            "row_error": self.wrong / self.rows,
        }

    def _edits(self, heard: str, said: str) -> tuple[Edits, Edits]:
        """Count what parts two texts, in words and in characters."""
        if not said:  # some versions of jiwer take no empty reference
            return Edits(insertions=len(heard.split())), Edits(insertions=len(heard))
        words, characters = self._jiwer.process_words(said, heard), self._jiwer.process_characters(said, heard)
        return _counted(words), _counted(characters)


def _counted(found: Any) -> Edits:
    said = found.hits + found.substitutions + found.deletions
    return Edits(found.substitutions, found.deletions, found.insertions, said)


def _plain(text: str) -> str:
    """Compose a text and put one space between its words."""
    return " ".join(unicodedata.normalize("NFC", text).split())
