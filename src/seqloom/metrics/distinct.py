"""Distinct-n: how varied the answers are, all taken together (Li et al. 2016, arXiv:1510.03055, section 4.2)."""

from collections.abc import Sequence
from typing import ClassVar

from seqloom.metrics.written import Written


class Distinct(Written):
    """The share of different n-grams among all that were written, for n of 1 and 2; 0 where there are none.

    Words are what spaces part, and no n-gram goes from one answer into the next. The paper divides the different
    bigrams by the number of words; here it is by the number of bigrams, so that 1 means that nothing came twice.
    """

    higher: ClassVar = {"distinct1": True, "distinct2": True}
    compares = False

    def __init__(self) -> None:
        self.different: tuple[set[tuple[str, ...]], ...] = (set(), set())
        self.written = [0, 0]

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in."""
        words = hypothesis.split()
        for place, seen in enumerate(self.different):
            grams = list(zip(*(words[k:] for k in range(place + 1)), strict=False))
            seen.update(grams)
            self.written[place] += len(grams)

    def values(self) -> dict[str, float]:
        """Return distinct1 and distinct2, between 0 and 1."""
        return {
            name: len(seen) / written if written else 0.0
            for name, seen, written in zip(self.higher, self.different, self.written, strict=True)
        }
