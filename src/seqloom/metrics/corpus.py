"""Corpus: what the metrics by sacrebleu have in common (Post 2018, arXiv:1804.08771).

Texts go to it as they are, so its own command gives the same number, and `signature` says with what settings.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from seqloom.errors import InputError
from seqloom.metrics.written import Written


class Corpus(Written, ABC):
    """One value for all answers together; they are held until it is asked for."""

    def __init__(self) -> None:
        self._answers: list[tuple[str, tuple[str, ...]]] = []
        self._scored = 0
        try:
            self._scorer = self.scorer()
        except ImportError:
            raise InputError(
                f"{type(self).__name__} is computed by sacrebleu, which is not installed: pip install"
                " 'seqloom[metrics]'"
            ) from None

    @abstractmethod
    def scorer(self) -> Any:
        """Make sacrebleu's metric, importing it."""

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in."""
        self._answers.append((hypothesis, tuple(references)))

    def values(self) -> dict[str, float]:
        """Return the value, between 0 and 100."""
        answers, streams = self.streams()
        (name,) = self.higher
        self._scored = self.rows
        return {name: float(self._scorer.corpus_score(answers, streams).score)}

    def streams(self) -> tuple[list[str], list[list[str | None]]]:
        """Return the answers, and their references as sacrebleu wants them: the first of every answer, then the second
        of every one, None where there is none."""
        most = max(len(references) for _, references in self._answers)
        streams = [
            [references[place] if place < len(references) else None for _, references in self._answers]
            for place in range(most)
        ]
        return [answer for answer, _ in self._answers], streams

    @property
    def signature(self) -> str:
        """The settings behind the value, as sacrebleu writes them: the number of references is one of them."""
        if not self.rows or self._scored != self.rows:
            self.result()
        return str(self._scorer.get_signature())
