"""ROUGE: how much of a reference summary an answer shares (Lin 2004, aclanthology.org/W04-1013).

    ROUGE-n: recall = shared n-grams / n-grams of the reference, precision = shared / n-grams of the answer
    ROUGE-L: the same with the longest common subsequence of words, the whole answer taken as one sentence
    F1 = 2 shared / (of the answer + of the reference), 0 where both are empty

A value is the mean of F1 over answers; with several references the best of each answer counts (Lin's jackknife is left
out). Words are lower-cased runs of letters, marks and digits in any script, unstemmed: Hangul words are words, and a
script without spaces is one word a phrase. English scores are those of the well-known packages without stemming.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from seqloom.metrics.written import Written


class Rouge(Written):
    """ROUGE-1, ROUGE-2 and ROUGE-L as F1."""

    higher: ClassVar = {"rouge1": True, "rouge2": True, "rougeL": True}

    def __init__(self) -> None:
        self.total = dict.fromkeys(self.higher, 0.0)

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in."""
        answer = words(hypothesis)
        wanted = [words(text) for text in references]
        for n in (1, 2):
            self.total[f"rouge{n}"] += max(_overlap(answer, text, n) for text in wanted)
        self.total["rougeL"] += max(_f1(_common(answer, text), len(answer) + len(text)) for text in wanted)

    def values(self) -> dict[str, float]:
        """Return rouge1, rouge2 and rougeL, between 0 and 1."""
        return {name: total / self.rows for name, total in self.total.items()}


def words(text: str) -> list[str]:
    """Return the lower-cased runs of letters, marks and digits of a text."""
    composed = unicodedata.normalize("NFC", text.lower())
    return "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in composed).split()


def _overlap(answer: list[str], wanted: list[str], n: int) -> float:
    ours, theirs = (Counter(zip(*(text[k:] for k in range(n)), strict=False)) for text in (answer, wanted))
    return _f1((ours & theirs).total(), ours.total() + theirs.total())


def _common(one: list[str], two: list[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(two) + 1)
    for word in one:
        before = 0  # the row above, one place back
        for place, other in enumerate(two, 1):
            above = row[place]
            row[place] = before + 1 if word == other else max(above, row[place - 1])
            before = above
    return row[-1]


def _f1(shared: int, together: int) -> float:
    return 2 * shared / together if together else 0.0
