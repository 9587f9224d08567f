"""Hypotheses: what a search answers, and the pool where those of a sentence are ranked."""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Hypothesis:
    """An answer.

    ids             its tokens, without start and end
    logprob         ln p in nats, of the end too where it is finished
    score           ln p after penalties, by which hypotheses are ranked
    finished        False where it was cut off: at max_length, or because nothing was allowed to follow
    token_logprobs  ln p of each token, and of the end where it is finished
    """

    ids: tuple[int, ...]
    logprob: float
    score: float
    finished: bool
    token_logprobs: tuple[float, ...]


class Pool:
    """The hypotheses of a sentence that are over, the best `best` of which are its answer.

    A finished one ranks before any that was cut off: a text that runs in circles has a high mean ln p. Among equals
    the lowest ids come first.
    """

    def __init__(self, best: int, eos: int) -> None:
        self._best, self._eos = best, eos
        self._held: list[Hypothesis] = []

    def add(self, hypothesis: Hypothesis) -> None:
        """File one that is over."""
        self._held.append(hypothesis)

    def answer(self) -> list[Hypothesis]:
        """Return the best, best first."""
        return sorted(self._held, key=self._rank)[: self._best]

    def to_beat(self) -> float:
        """Return the score below which a hypothesis cannot be in the answer any more; -inf while there is room."""
        answer = self.answer()
        return answer[-1].score if len(answer) == self._best and answer[-1].finished else -inf

    def _rank(self, hypothesis: Hypothesis) -> tuple[bool, float, tuple[int, ...]]:
        end = (self._eos,) if hypothesis.finished else ()
        return (not hypothesis.finished, -hypothesis.score, hypothesis.ids + end)
