"""Length: are answers as long as they should be?"""

import unicodedata
from collections.abc import Sequence
from typing import ClassVar, Literal

from seqloom.errors import InputError
from seqloom.metrics.written import Written


class Length(Written):
    """The length of all answers over that of their references: below 1 they are too short.

    With several references the one of the nearest length is taken, the shorter of two as near, as in BLEU's brevity
    penalty (Papineni et al. 2002). `unit` is what is counted: words between spaces, or
    characters (composed, NFC).
    """

    higher: ClassVar = {"length_ratio": True}
    """Near 1 is best; as answers that stop too early are the usual fault, more is called better."""

    def __init__(self, *, unit: Literal["word", "character"] = "word") -> None:
        self.unit = unit
        self.written = self.wanted = 0

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in."""
        length, *wanted = (self._length(text) for text in (hypothesis, *references))
        self.written += length
        self.wanted += min(wanted, key=lambda one: (abs(one - length), one))

    def values(self) -> dict[str, float]:
        """Return length_ratio. Raises InputError where every reference is empty."""
        if not self.wanted:
            raise InputError("there is no length to compare with: every reference is empty.")
        return {"length_ratio": self.written / self.wanted}

    def _length(self, text: str) -> int:
        return len(text.split()) if self.unit == "word" else len(unicodedata.normalize("NFC", text))
