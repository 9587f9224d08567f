"""The meter of answers to questions about pictures: accuracy in all and by type of question, calibration and loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from seqloom.batch import Batch
from seqloom.heads.label import LabelHead
from seqloom.metrics.calibration import Calibration
from seqloom.metrics.questions import Questions
from seqloom.tasks.asked import Asked
from seqloom.tasks.task import Losses

SAMPLES = 5
"""Questions shown with their answers, evenly spread."""


@dataclass(frozen=True)
class Poll:
    """One question about one picture: what people answered, and of what type it is.

    shown  what a person knows the picture by
    """

    shown: str
    question: str
    answers: tuple[str, ...]
    kind: str


def polls(rows: Asked, variants: bool) -> list[Poll]:
    """Return the question of each row; with `variants` the rows of one picture and question have all their answers."""
    each = list(zip(rows.keys(), rows.questions(), rows.cells(), rows.kinds(), rows.refs(), strict=True))
    said: dict[tuple[str, str], list[str]] = {}
    for picture, question, answer, _, _ in each:
        said.setdefault((picture, question), []).append(answer)
    return [
        Poll(ref, question, tuple(said[picture, question]) if variants else (answer,), kind)
        for picture, question, answer, kind, ref in each
    ]


class VqaMeter:
    """Count a pass over `asked`, a question for each row of the data.

    `lost` are questions of which no answer occurs in training: whatever is said to them is wrong.
    """

    def __init__(self, head: LabelHead, types: Sequence[str], asked: Sequence[Poll], lost: Sequence[Poll]) -> None:
        self._head, self._asked = head, asked
        self._loss = self._count = 0.0
        self._questions, self._calibration = Questions(types), Calibration()
        for poll in lost:
            self._questions.add("", poll.answers, poll.kind)
        self._said: dict[Poll, str] = {}

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch; a question of several people counts once."""
        total, count = losses["label"]
        self._loss, self._count = self._loss + float(total), self._count + float(count)
        probabilities = self._head.probabilities(outputs["label"].float())
        self._calibration.add(probabilities, batch.target["label"].values)
        for row, number in zip(batch.rows, probabilities.argmax(-1).tolist(), strict=True):
            poll = self._asked[row]
            if len(poll.answers) > 1 and poll in self._said:
                continue
            self._said[poll] = self._head.labels[number]
            self._questions.add(self._said[poll], poll.answers, poll.kind)

    def result(self) -> dict[str, float]:
        """Return loss, accuracy, its mean over types, accuracy/TYPE, and ece."""
        loss = {"loss": self._loss / max(self._count, 1e-12)}
        return {**loss, **self._questions.result(), **self._calibration.result()}

    def details(self) -> dict[str, Any]:
        """Return how many questions there are of each type, and some of them with their answers."""
        asked = list(self._said)
        shown = [asked[place * len(asked) // SAMPLES] for place in range(SAMPLES)] if asked else []
        return {
            "types": self._questions.per_type(),
            "samples": [
                {
                    "source": f"{poll.shown} | {poll.question}",
                    "target": list(dict.fromkeys(poll.answers)),
                    "answer": self._said[poll],
                }
                for poll in dict.fromkeys(shown)
            ],
        }
