"""What each row is worth where labels are told: of whole rows, of questions about pictures, of the steps of series."""

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.comparing.gathered import Gatherer, counts_by, lengths_of, plain, row_losses
from seqloom.comparing.measure import Floats, Items
from seqloom.comparing.rarity import COUNTED
from seqloom.heads.label import LabelHead
from seqloom.heads.tags import TagsHead
from seqloom.metrics.calibration import Calibration
from seqloom.metrics.questions import OTHER, agreement
from seqloom.tasks.asked_data import AskedData
from seqloom.tasks.classify import Classify
from seqloom.tasks.tag_series import TagSeries
from seqloom.tasks.task import Say
from seqloom.tasks.vqa import Vqa
from seqloom.tasks.vqa_meter import Poll
from seqloom.training.run import Run

BY_LABEL = ("macro_f1", "balanced_accuracy", "mcc")
Ints = NDArray[np.int64]


class LabelItems(Gatherer):
    """One label a row, or several: classes are the true labels where each row has one."""

    usual = "accuracy"

    def __init__(self, run: Run, say: Say) -> None:
        super().__init__(run, say)
        self._model, self._head = run.model, cast(LabelHead, run.model.heads["label"])
        self._labels, self._calibration = list(self._head.labels), Calibration()
        self._pictures = run.spec.source is not None and run.spec.source.tokens == "image"
        each = tuple(f"f1/{label}" for label in self._labels)
        if self._head.multilabel:
            self.usual = "micro_f1"
            self.known = ("exact_match", "micro_f1", "macro_f1", *each, "loss")
        else:
            self.known = ("accuracy", *BY_LABEL, *each, "ece", "loss")

    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch."""
        target = batch.target["label"].values
        probabilities = self._head.probabilities(outputs["label"].float())
        if self.name == "loss":
            stats = row_losses(self._model, outputs, batch, weighted=False)
        elif self._head.multilabel:
            stats = self._several(plain(probabilities) >= 0.5, plain(target) > 0.5)
        elif self.name == "ece":
            stats = self._calibrated(probabilities, plain(target))
        else:
            stats = self._one(plain(probabilities.argmax(-1)), plain(target))
        self.kept.put(
            batch.rows,
            stats,
            None if self._pictures else lengths_of(batch.inputs["source"]),
            None if self._head.multilabel else plain(target),
            self.rarity(batch),
        )

    def vocabulary(self) -> object:
        """Return the source's."""
        return cast(Classify, self.run.task).source.learnt

    def items(self) -> Items:
        """Return every row."""
        return self.kept.items(self.name, () if self._head.multilabel else self._labels)

    def _one(self, told: Ints, true: Ints) -> Floats:
        if self.name == "accuracy":
            return np.stack([told == true, np.ones(len(true))], -1).astype(np.float64)
        labels = np.arange(len(self._labels))
        return self._counted(told[:, None] == labels, true[:, None] == labels)

    def _several(self, told: NDArray[np.bool_], true: NDArray[np.bool_]) -> Floats:
        if self.name == "exact_match":
            return np.stack([(told == true).all(1), np.ones(len(true))], -1).astype(np.float64)
        if self.name == "micro_f1":
            return np.stack([(told & true).sum(1), told.sum(1), true.sum(1)], -1).astype(np.float64)
        return self._counted(told, true)

    def _counted(self, told: NDArray[np.bool_], true: NDArray[np.bool_]) -> Floats:
        """Return right, told and true by label, or of the one label that is asked for: [rows, 3 x labels]."""
        plain_name, sign, label = self.name.partition("/")
        if sign and plain_name == "f1":
            place = self._labels.index(label)
            told, true = told[:, place : place + 1], true[:, place : place + 1]
        return np.concatenate([told & true, told, true], 1).astype(np.float64)

    def _calibrated(self, probabilities: Tensor, true: Ints) -> Floats:
        """Return right less confidence in the row's bin, and 1: [rows, bins + 1]."""
        confidence, told = probabilities.to("cpu", torch.float64).max(1)
        edges = self._calibration.edges
        stats = np.zeros((len(true), len(edges) + 1))
        bins = torch.bucketize(confidence, edges).clamp(max=len(edges) - 1).numpy()
        stats[np.arange(len(true)), bins] = (told.numpy() == true) - confidence.numpy()
        stats[:, -1] = 1
        return stats


class QuestionItems(Gatherer):
    """Questions about pictures: how right each answer is, by people's answers; classes are the types of questions.

    A question of several people is one item, at its first row. Those of which no answer occurs in training are items
    too, wrong ones, after the others.
    """

    usual = "accuracy"

    def __init__(self, run: Run, data: AskedData, say: Say) -> None:
        super().__init__(run, say)
        task = cast(Vqa, run.task)
        self._model, self._head, self._data = run.model, cast(LabelHead, run.model.heads["label"]), data
        self._types = [*dict.fromkeys(task.types), OTHER]
        asked = {self._type(poll) for poll in (*data.polls, *data.lost)}
        each = tuple(f"accuracy/{kind}" for number, kind in enumerate(self._types) if number in asked)
        self.known = ("accuracy", "mean_accuracy", *each, "loss")
        first: dict[Poll, int] = {}
        self._asked = [
            len(poll.answers) == 1 or first.setdefault(poll, row) == row for row, poll in enumerate(data.polls)
        ]

    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch."""
        question = batch.inputs["question"]
        lengths = lengths_of(question)
        rarity = self.rarity(batch)
        types = np.array([self._type(self._data.polls[row]) for row in batch.rows])
        if self.name == "loss":
            self.kept.put(batch.rows, row_losses(self._model, outputs, batch, weighted=False), lengths, types, rarity)
            return
        told = self._head.probabilities(outputs["label"].float()).argmax(-1).tolist()
        own = [place for place, row in enumerate(batch.rows) if self._asked[row]]
        if not own:
            return
        polls = [self._data.polls[batch.rows[place]] for place in own]
        right = [
            agreement(self._head.labels[told[place]], poll.answers) for place, poll in zip(own, polls, strict=True)
        ]
        rows = [batch.rows[place] for place in own]
        stats = self._stats(right, types[own])
        self.kept.put(rows, stats, lengths[own], types[own], None if rarity is None else rarity[own])

    def vocabulary(self) -> object:
        """Return that of the questions, where its ids are ranks: to count them every picture would have to be read."""
        questions = cast(Vqa, self.run.task).questions
        return None if questions.kind in COUNTED else questions

    def tokens(self, batch: Batch) -> Field:
        """Return the questions."""
        return batch.inputs["question"]

    def items(self) -> Items:
        """Return every question."""
        lost = self._data.lost
        if lost and self.name != "loss":
            types = np.array([self._type(poll) for poll in lost])
            right = [agreement("", poll.answers) for poll in lost]
            rows = list(range(len(self._data.polls), len(self._data.polls) + len(lost)))
            self.kept.put(rows, self._stats(right, types), classes=types)
        return self.kept.items(self.name, self._types)

    def _stats(self, right: list[float], types: Ints) -> Floats:
        """Return how right each is and 1, in the columns of its type where the metric is by type."""
        both = np.stack([np.array(right, np.float64), np.ones(len(right))], -1)
        if self.name == "accuracy":
            return both
        if self.name == "mean_accuracy":
            stats = np.zeros((len(right), len(self._types), 2))
            stats[np.arange(len(right)), types] = both
            return stats.reshape(len(right), -1)
        only = types == self._types.index(self.name.partition("/")[2])
        return both * only[:, None]

    def _type(self, poll: Poll) -> int:
        return self._types.index(poll.kind) if poll.kind in self._types else len(self._types) - 1


class StepItems(Gatherer):
    """Labels of the steps of series: a series is an item, its steps are what counts."""

    usual = "accuracy"

    def __init__(self, run: Run, say: Say) -> None:
        super().__init__(run, say)
        assert isinstance(run.task, TagSeries)
        self._model, self._head = run.model, cast(TagsHead, run.model.heads["tags"])
        self._labels = list(self._head.labels)
        self.known = ("accuracy", *BY_LABEL, *(f"f1/{label}" for label in self._labels), "loss")

    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch."""
        target = batch.target["tags"]
        assert target.mask is not None
        lengths = lengths_of(target)
        if self.name == "loss":
            self.kept.put(batch.rows, row_losses(self._model, outputs, batch, weighted=False), lengths)
            return
        told = self._head.tag(outputs["tags"], target.mask)
        true = [row[:size] for row, size in zip(target.values.tolist(), lengths.tolist(), strict=True)]
        self.kept.put(batch.rows, [self._stats(*pair) for pair in zip(told, true, strict=True)], lengths)

    def _stats(self, told: list[int], true: list[int]) -> Floats:
        one, other = np.asarray(told, np.int64), np.asarray(true, np.int64)
        if self.name == "accuracy":
            return np.array([(one == other).sum(), len(other)], np.float64)
        size = len(self._labels)
        each = np.stack([counts_by(size, of) for of in (one[one == other], one, other)])
        plain_name, sign, label = self.name.partition("/")
        if sign and plain_name == "f1":
            return each[:, self._labels.index(label)]
        return each.ravel()
