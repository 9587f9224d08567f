"""Questions: the share of right answers, in all and by type of question (Antol et al. 2015, arXiv:1505.00468).

    accuracy(answer) = min(people who gave it / 3, 1)

where several people answered, averaged over all ways to leave one of them out, as that benchmark's own program does;
where one did, whether the answer is theirs. A type of question is how it begins ("what color", "is there"), or what a
column of the data says.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from seqloom.errors import InputError
from seqloom.metrics.rouge import words

AGREE = 3
"""People who must have given an answer for it to be wholly right."""
BEGINS = 2
"""Words of a question that tell its type."""
MOST = 20
"""Types that are told apart; rarer ones are told together."""
OTHER = "other"


class Questions:
    """Accuracy in all, the mean over types, and accuracy by type.

    types  the types told apart, as `frequent` finds them in training; any other counts as "other"
    """

    higher: ClassVar = dict.fromkeys(("accuracy", "mean_accuracy"), True)

    def __init__(self, types: Sequence[str]) -> None:
        self.counts = {name: [0.0, 0] for name in [*dict.fromkeys(types), OTHER]}
        """By type: how much was right, of how many."""

    def add(self, answer: str, answers: Sequence[str], kind: str) -> None:
        """Count an answer to a question of a type; `answers` are what people answered.

        Raises InputError where nobody answered.
        """
        if not answers:
            raise InputError(f"the answer {answer!r} has nothing to be compared with.")
        counted = self.counts[kind if kind in self.counts else OTHER]
        counted[0] += agreement(answer, answers)
        counted[1] += 1

    def per_type(self) -> list[dict[str, str | float]]:
        """Return a row for each type that was asked: type, questions, accuracy."""
        return [
            {"type": name, "questions": asked, "accuracy": right / asked}
            for name, (right, asked) in self.counts.items()
            if asked
        ]

    def result(self) -> dict[str, float]:
        """Return accuracy, mean_accuracy (over types) and, for each type that was asked, accuracy/TYPE.

        Raises InputError where no question was counted.
        """
        asked = sum(number for _, number in self.counts.values())
        if not asked:
            raise InputError("there is nothing to measure: no question was answered.")
        each = {f"accuracy/{row['type']}": float(row["accuracy"]) for row in self.per_type()}
        return {
            "accuracy": sum(right for right, _ in self.counts.values()) / asked,
            "mean_accuracy": sum(each.values()) / len(each),
            **each,
        }


def agreement(answer: str, answers: Sequence[str]) -> float:
    """Return how right an answer is, from 0 to 1: whether it is the only one given, else as many people say so."""
    same = sum(one == answer for one in answers)
    if len(answers) == 1:
        return float(same)
    # Leaving out one of those who agree leaves one fewer; leaving out one of the others, as many.
    kept = same * min((same - 1) / AGREE, 1.0) + (len(answers) - same) * min(same / AGREE, 1.0)
    return kept / len(answers)


def kind_of(question: str) -> str:
    """Return the type of a question by how it begins, e.g. "what color" of "What color is the shape?"."""
    return " ".join(words(question)[:BEGINS]) or OTHER


def frequent(kinds: Iterable[str], most: int = MOST) -> list[str]:
    """Return the most frequent types, in the order of the alphabet."""
    counts: dict[str, int] = {}
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
    return sorted(sorted(counts, key=lambda kind: (-counts[kind], kind))[:most])
