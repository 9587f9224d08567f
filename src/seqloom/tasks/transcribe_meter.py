"""The meter of transcription: nats, and the errors of what is heard, by CTC, by a decoder, or by both."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.ctc_search import CTC, rows_of, transcripts
from seqloom.metrics.spoken import Edits, Spoken
from seqloom.tasks.pairs_meter import SAMPLES, PairsMeter
from seqloom.tasks.questions import Questions
from seqloom.tasks.task import Losses


class CTCMeter:
    """Count a pass for a head that tells steps: nats a symbol, and the texts that a beam finds."""

    def __init__(self, questions: Questions, vocabulary: Vocabulary, beam: int) -> None:
        self._questions, self._vocabulary, self._beam = questions, vocabulary, beam
        self._nats = self._symbols = 0.0
        self.spoken = Spoken()
        self.answers: dict[int, str] = {}

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch, and transcribe those of its rows that are questions."""
        total, count = losses[CTC]
        self._nats, self._symbols = self._nats + float(total), self._symbols + float(count)
        for row, steps in zip(batch.rows, rows_of(outputs[CTC]), strict=True):
            if row not in self._questions.rows:
                continue
            text = self._vocabulary.decode(transcripts(steps, self._beam)[0].ids)
            self.spoken.add(text, [self._vocabulary.normal(one) for one in self._questions.references(row)])
            self.answers[row] = text

    def result(self) -> dict[str, float]:
        """Return loss (nats a symbol), wer, cer and row_error."""
        values = {"loss": self._nats / max(self._symbols, 1.0)}
        return {**values, **self.spoken.result()} if self.answers else values

    def details(self) -> dict[str, Any]:
        """Return how many rows were answered, what their errors are, and some answers."""
        rows = list(self.answers)
        if not rows:
            return {}
        shown = [rows[place * len(rows) // min(SAMPLES, len(rows))] for place in range(min(SAMPLES, len(rows)))]
        samples = [
            {
                "source": self._questions.shown(row),
                "target": self._questions.references(row),
                "answer": self.answers[row],
            }
            for row in shown
        ]
        return {"answered": len(rows), "edits": edits(self.spoken), "samples": samples}


class HybridMeter:
    """Count a pass for both heads: the answers are those that both rank; `ctc.wer` and its like are of CTC alone, by
    its best path."""

    def __init__(self, written: PairsMeter, spoken: Spoken, ctc: CTCMeter, weights: Mapping[str, float]) -> None:
        """`spoken` is the one of the metrics of `written` that counts words; `weights` are those of the heads."""
        self._written, self._spoken, self._ctc, self._weights = written, spoken, ctc, weights

    @property
    def answers(self) -> dict[int, str]:
        """What both heads answered to each row that is a question."""
        return self._written.answers

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch."""
        self._written.add(outputs, batch, losses)
        self._ctc.add(outputs, batch, losses)

    def result(self) -> dict[str, float]:
        """Return the weighted loss, that of each head, and the errors."""
        words, told = self._written.result(), self._ctc.result()
        loss = self._weights["words"] * words["loss"] + self._weights[CTC] * told["loss"]
        return {**words, "loss": loss, "words.loss": words["loss"], **{f"{CTC}.{one}": x for one, x in told.items()}}

    def details(self) -> dict[str, Any]:
        """Return how many rows were answered, what their errors are, and some answers."""
        found = self._written.details()
        return {**found, "edits": edits(self._spoken)} if found else {}


def edits(spoken: Spoken) -> dict[str, dict[str, int]]:
    """Return the edits behind the rates, of words and of characters."""

    def plain(one: Edits) -> dict[str, int]:
        kinds = {"substitutions": one.substitutions, "deletions": one.deletions, "insertions": one.insertions}
        return {**kinds, "length": one.length}

    return {"words": plain(spoken.words), "characters": plain(spoken.characters)}
