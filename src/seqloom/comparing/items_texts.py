"""What each row is worth where texts are told: nats of the true text, or the answer that is freely written.

Nats and right tokens are of every row, with the true tokens before each; nothing is written for them. Metrics of
answers are of every question: rows of one source are one question where they are several right answers to it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.comparing.gathered import Gathered, Gatherer, lengths_of, plain, row_losses
from seqloom.comparing.measure import Items
from seqloom.comparing.measures import MEASURES
from seqloom.comparing.rarity import COUNTED
from seqloom.comparing.written import written_stats
from seqloom.data.vocabulary import EOS, PAD
from seqloom.tasks.answers import Search
from seqloom.tasks.caption import Caption
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pair_batches import PairData
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.task import Meter, Say
from seqloom.tasks.transcribe import Transcribe
from seqloom.training.run import Run

HEAD = "words"


class Answering(Protocol):
    """A meter that holds what was answered to each question."""

    @property
    def answers(self) -> Mapping[int, str]:
        """The answer to each row that is a question."""


class WrittenItems(Gatherer):
    """Rows by nats or right tokens, or questions by what was answered to them."""

    def __init__(self, run: Run, data: PairData, say: Say) -> None:
        super().__init__(run, say)
        task = cast(PairTask, run.task)
        self._task, self._data = task, data
        heads = run.model.heads
        self._weighted = len(heads) > 1
        self._written = tuple(
            name for score in task.scores() for name in score.higher if score.compares and name in MEASURES
        )
        forced = ("token_accuracy",) if HEAD in heads else ()
        self.known = ("loss", *(("perplexity",) if HEAD in heads and not self._weighted else ()), *forced)
        self.known = (*self.known, *self._written)
        self.usual = "wer" if isinstance(task, Transcribe) else "cider" if isinstance(task, Caption) else "loss"
        self._pictures = run.spec.source is not None and run.spec.source.tokens == "image"
        self._meter: Meter | None = None
        self._lengths: dict[int, int] = {}
        self._rarity: dict[int, float] = {}

    def ask(self, name: str | None) -> None:
        """Choose the metric; one of answers needs a meter that writes them."""
        super().ask(name)
        if self.name in self._written:
            self._meter = self._task.meter(self.run.model, self._data, Search())

    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch, and answer it where answers are measured."""
        lengths = self._steps(batch)
        rarity = self.rarity(batch)
        if self._meter is None:
            stats = self._forced(outputs, batch)
            self.kept.put(batch.rows, stats, lengths, rarity=rarity)
            return
        self._meter.add(outputs, batch, self.run.model.loss(outputs, batch))
        self._lengths |= dict(zip(batch.rows, lengths.tolist(), strict=True))
        if rarity is not None:
            self._rarity |= dict(zip(batch.rows, rarity.tolist(), strict=True))

    def vocabulary(self) -> object:
        """Return the target's; pieces of it are counted in training where that reads texts alone."""
        target = self._task.target
        return None if isinstance(self._task, MediaPairTask) and target.kind in COUNTED else target

    def tokens(self, batch: Batch) -> Field:
        """Return the text to be told, its end as padding, which has no rank."""
        told = batch.target[HEAD] if HEAD in batch.target else next(iter(batch.target.values()))
        return replace(told, values=told.values.masked_fill(told.values == EOS, PAD))

    def items(self) -> Items:
        """Return every row, or every question."""
        if self._meter is None:
            return self.kept.items(self.name)
        answers = cast(Answering, self._meter).answers
        questions = self._data.questions
        assert questions is not None
        rows = sorted(answers)
        normal = self._task.target.normal
        pairs = [(answers[row], [normal(text) for text in questions.references(row)]) for row in rows]
        stats = written_stats(self._task.scores(), self.name, pairs)
        kept = Gathered()
        if rows:
            rarity = [self._rarity[row] for row in rows] if self._rarity else None
            kept.put(rows, stats, [self._lengths[row] for row in rows], rarity=rarity)
        return kept.items(self.name)

    def _forced(self, outputs: dict[str, Tensor], batch: Batch) -> NDArray[np.float64]:
        if self.name in ("loss", "perplexity"):
            return row_losses(self.run.model, outputs, batch, self._weighted)
        target = batch.target[HEAD]
        assert target.mask is not None
        right = (outputs[HEAD].argmax(-1) == target.values) & target.mask
        return np.stack([plain(right.sum(1)), plain(target.mask.sum(1))], -1).astype(np.float64)

    def _steps(self, batch: Batch) -> NDArray[np.int64]:
        """Return the steps of each source, without its end; a picture has none."""
        lengths = lengths_of(batch.inputs["source"])
        if self._pictures:
            return np.full(len(lengths), -1, np.int64)
        return lengths if isinstance(self._task, MediaPairTask) else np.maximum(lengths - 1, 0)
