"""Written answers: what the metrics of texts have in common, and how many answers stand against many references.

An answer is a text; what it should have been is one text or several, any of which is right.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from seqloom.errors import InputError


class Written:
    """A metric of written answers: a subclass gives `higher`, `count` (one answer) and `values`.

    compares  False where an answer is judged by itself, without a reference
    """

    higher: ClassVar[Mapping[str, bool]]
    compares = True
    rows = 0

    def add(self, hypothesis: str, references: Sequence[str] = ()) -> None:
        """Count an answer. Raises InputError where it has no reference to be compared with."""
        if isinstance(references, str):
            raise TypeError("references are a list of texts, not a text")
        if self.compares and not references:
            raise InputError(
                f"answer {self.rows + 1} ({hypothesis[:40]!r}) has no reference to be compared with: give it one."
            )
        self.rows += 1
        self.count(hypothesis, references)

    def result(self) -> dict[str, float]:
        """Return the values so far. Raises InputError where no answer was counted."""
        if not self.rows:
            raise InputError("there is nothing to measure: no answer was written.")
        return self.values()

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in."""
        raise TypeError(f"{type(self).__name__} has no count")

    def values(self) -> dict[str, float]:
        """Return the values of at least one answer."""
        raise TypeError(f"{type(self).__name__} has no values")


def paired(hypotheses: Sequence[str], references: Sequence[str | Sequence[str]]) -> list[tuple[str, tuple[str, ...]]]:
    """Return each answer with its references, of which a plain text is one.

    Raises InputError where there are not as many of one as of the other: which belongs to which is then unknown.
    """
    if len(hypotheses) != len(references):
        raise InputError(
            f"{len(hypotheses)} hypotheses for {len(references)} rows of references: there must be one for each row,"
            " an empty one where nothing was written."
        )
    return [
        (hypothesis, (several,) if isinstance(several, str) else tuple(several))
        for hypothesis, several in zip(hypotheses, references, strict=True)
    ]


def measure(
    metrics: Iterable[Written], hypotheses: Sequence[str], references: Sequence[str | Sequence[str]]
) -> dict[str, float]:
    """Add all answers to all metrics and return all their values. Raises InputError as `paired` does."""
    metrics, pairs = list(metrics), paired(hypotheses, references)
    values: dict[str, float] = {}
    for metric in metrics:
        for hypothesis, several in pairs:
            metric.add(hypothesis, several)
        values.update(metric.result())
    return values
