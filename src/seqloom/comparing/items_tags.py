"""What each sentence is worth where words are tagged: right words, spans found whole, the sentence's label."""

from typing import cast

import numpy as np
from torch import Tensor

from seqloom.batch import Batch
from seqloom.comparing.gathered import Gatherer, counts_by, lengths_of, row_losses
from seqloom.comparing.measure import Floats, Items
from seqloom.data.spans import OUTSIDE, spans, split
from seqloom.heads.label import LabelHead
from seqloom.heads.tags import TagsHead
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_data import TagData
from seqloom.tasks.tag_meter import ANY
from seqloom.tasks.tag_source import PieceSource, WordSource
from seqloom.tasks.task import Say
from seqloom.training.run import Run

SPANS = ("span_f1", "span_precision", "span_recall")


class TagItems(Gatherer):
    """Sentences; classes are their labels where they have one."""

    usual = "token_accuracy"

    def __init__(self, run: Run, data: TagData, say: Say) -> None:
        super().__init__(run, say)
        task = cast(Tag, run.task)
        heads = run.model.heads
        self._model, self._data, self._head = run.model, data, cast(TagsHead, heads["tags"])
        self._intent = cast(LabelHead, heads["intent"]) if "intent" in heads else None
        corpus, at = data.part.corpus, data.part.at
        there = {corpus.tags[place] for row in at for place in corpus.tagged[row]}
        self._tags = sorted({*self._head.labels, *there})
        self._labels = [] if corpus.labels is None else sorted({corpus.labels[row] for row in at})
        self.known = ("token_accuracy", "sentence_accuracy", "tag_macro_f1", *(f"f1/{tag}" for tag in self._tags))
        if any(any(data.unseen(row)) for row in at):
            self.known = (*self.known, "unseen_accuracy")
        if self._intent is not None and self._labels:
            self.known = (*self.known, "intent.accuracy", "frame_accuracy")
        if task.writing.file is not None:
            self.usual = "span_f1"
            types = sorted({split(tag)[1] for tag in self._tags if split(tag)[0] != OUTSIDE})
            self.known = (*SPANS, *(f"span_f1/{kind}" for kind in types if kind), *self.known)
        self.known = (*self.known, "loss")

    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch."""
        target = batch.target["tags"]
        assert target.mask is not None
        if self.name == "loss":
            stats = row_losses(self._model, outputs, batch, weighted=True)
        else:
            told = self._head.tag(outputs["tags"], target.mask)
            labels = self._answered(outputs, len(batch.rows))
            stats = np.stack(
                [
                    self._stats(row, [self._head.labels[one] for one in ids], label)
                    for row, ids, label in zip(batch.rows, told, labels, strict=True)
                ]
            )
        truths = [self._data.truth(row)[1] for row in batch.rows]
        classes = [self._labels.index(label) if label is not None else -1 for label in truths]
        self.kept.put(batch.rows, stats, lengths_of(target), classes, self.rarity(batch))

    def vocabulary(self) -> object:
        """Return the words, or what cuts them."""
        source = cast(Tag, self.run.task).source
        if isinstance(source, WordSource):
            return source.words
        return source.vocabulary if isinstance(source, PieceSource) else None

    def items(self) -> Items:
        """Return every sentence."""
        return self.kept.items(self.name, self._labels)

    def _answered(self, outputs: dict[str, Tensor], rows: int) -> list[str | None]:
        if self._intent is None:
            return [None] * rows
        ids = self._intent.probabilities(outputs["intent"].float()).argmax(-1).tolist()
        return [self._intent.labels[one] for one in ids]

    def _stats(self, row: int, told: list[str], answer: str | None) -> Floats:
        true, label = self._data.truth(row)
        right = [one == other for one, other in zip(told, true, strict=True)]
        called = answer is not None and label is not None and (answer == label or answer in label.split(ANY))
        plain_name, sign, one_of = self.name.partition("/")
        if plain_name in SPANS:
            return self._spans(told, true, one_of)
        if self.name == "tag_macro_f1" or (sign and plain_name == "f1"):
            places = {tag: number for number, tag in enumerate(self._tags)}
            good = [places[tag] for tag, is_right in zip(true, right, strict=True) if is_right]
            each = [counts_by(len(places), of) for of in (good, [places[t] for t in told], [places[t] for t in true])]
            return np.array([one[places[one_of]] for one in each]) if sign else np.concatenate(each)
        counted = {
            "token_accuracy": (sum(right), len(true)),
            "sentence_accuracy": (all(right), 1),
            "intent.accuracy": (called, label is not None),
            "frame_accuracy": (called and all(right), label is not None),
        }
        if self.name == "unseen_accuracy":
            new = self._data.unseen(row)
            return np.array([sum(good for good, one in zip(right, new, strict=True) if one), sum(new)], np.float64)
        return np.array(counted[self.name], np.float64)

    def _spans(self, told: list[str], true: list[str], kind: str) -> Floats:
        found, there = ([span for span in spans(tags) if not kind or span.type == kind] for tags in (told, true))
        return np.array([len({*found} & {*there}), len(found), len(there)], np.float64)
