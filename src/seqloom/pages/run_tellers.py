"""Tellers: what a row is for a person - what was asked, what is true, what the run told - for every task."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch
from seqloom.heads.label import LabelHead
from seqloom.heads.numbers import NumberHead
from seqloom.heads.tags import TagsHead
from seqloom.model import SequenceModel
from seqloom.tasks.asked_data import AskedData
from seqloom.tasks.clip_pairs import ClipPairs
from seqloom.tasks.clips import Clips
from seqloom.tasks.curves import Curves
from seqloom.tasks.examples import Examples
from seqloom.tasks.labelled import Texts
from seqloom.tasks.media_source import Decoded
from seqloom.tasks.questions import Questions
from seqloom.tasks.regress_meter import Scale
from seqloom.tasks.tag_data import TagData
from seqloom.tasks.tag_meter import ANY

Outputs = dict[str, Tensor]
SAME = "·"
"""What stands for a step whose label is right, where only the others are of interest."""


class Teller(ABC):
    """Rows of one data by their numbers in it."""

    @abstractmethod
    def asked(self, row: int) -> str:
        """Return what a person knows a row by."""

    @abstractmethod
    def answered(self, outputs: Outputs, batch: Batch) -> list[tuple[str, str, float | None]]:
        """Return of each row of a batch what is true, what was told, and how probable the run held what it told."""

    def raw(self, row: int) -> Any:
        """Return a row as `Run.explain` takes it; None where it cannot be asked for alone."""
        return None

    def picture(self, row: int) -> NDArray[Any] | None:
        """Return the picture of a row, [height, width, channels] of 0 to 255; None where it has none."""
        return None


class ExampleTeller(Teller):
    """Rows of texts, series or media."""

    def __init__(self, examples: Examples) -> None:
        self.examples = examples

    def asked(self, row: int) -> str:
        """Return its texts, or the name or the place of what is no text."""
        examples = self.examples
        if isinstance(examples, Texts):
            return " | ".join(self._texts(row))
        if isinstance(examples, Clips):
            return examples.refs()[row]
        if isinstance(examples, Curves) and examples.cases[row].name:
            return examples.cases[row].name
        return examples.where(row)

    def raw(self, row: int) -> Any:
        """Return its texts, its numbers, or its item."""
        examples = self.examples
        if isinstance(examples, Texts):
            return self._texts(row)
        if isinstance(examples, Curves):
            return examples.cases[row].values
        return item_of(examples, row) if isinstance(examples, Clips) else None

    def picture(self, row: int) -> NDArray[Any] | None:
        """Return its picture, or the middle frame of its film."""
        return picture_of(self.raw(row))

    def _texts(self, row: int) -> list[str]:
        return next(iter(cast(Texts, self.examples).at([row]).texts()))


class LabelTeller(ExampleTeller):
    """Rows that are taken for one label, or several."""

    def __init__(self, examples: Examples, head: LabelHead) -> None:
        super().__init__(examples)
        self.head = head

    def answered(self, outputs: Outputs, batch: Batch) -> list[tuple[str, str, float | None]]:
        """Return labels as they are written, several with commas between."""
        head = self.head
        found: list[tuple[str, str, float | None]] = []
        told = head.probabilities(outputs["label"].float()).cpu()
        true = batch.target["label"].values.cpu()
        for row, wanted in zip(told, true, strict=True):
            if head.multilabel:
                texts = [_several(head.labels, one >= 0.5) for one in (wanted, row)]
                found.append((texts[0], texts[1], None))
            else:
                best = int(row.argmax())
                found.append((head.labels[int(wanted)], head.labels[best], float(row[best])))
        return found


class QuestionTeller(LabelTeller):
    """Questions about pictures."""

    def __init__(self, data: AskedData, examples: Examples, head: LabelHead) -> None:
        super().__init__(examples, head)
        self._polls = data.polls

    def asked(self, row: int) -> str:
        """Return the picture's name and the question."""
        return f"{self._polls[row].shown} | {self._polls[row].question}"

    def raw(self, row: int) -> Any:
        """Return the picture and the question."""
        return super().raw(row), self._polls[row].question

    def picture(self, row: int) -> NDArray[Any] | None:
        """Return the picture."""
        return picture_of(super().raw(row))


class NumberTeller(ExampleTeller):
    """Rows of which a number is told."""

    def __init__(self, examples: Examples, head: NumberHead, scale: Scale) -> None:
        super().__init__(examples)
        self._head, self._scale = head, scale

    def numbers(self, outputs: Outputs, batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the true numbers [rows] and those told."""
        told = self._scale.back(self._head.point(outputs["number"]))
        return self._scale.back(batch.target["number"].values), told

    def answered(self, outputs: Outputs, batch: Batch) -> list[tuple[str, str, float | None]]:
        """Return numbers to six digits."""
        true, told = self.numbers(outputs, batch)
        return [(f"{one:.6g}", f"{other:.6g}", None) for one, other in zip(true, told, strict=True)]


class StepTeller(ExampleTeller):
    """Series and films whose every step has a label: stretches of one label are written once, with their length."""

    def __init__(self, examples: Examples, head: TagsHead) -> None:
        super().__init__(examples)
        self._head = head

    def answered(self, outputs: Outputs, batch: Batch) -> list[tuple[str, str, float | None]]:
        """Return such as "walk x20, run x13"."""
        target = batch.target["tags"]
        assert target.mask is not None
        told = self._head.tag(outputs["tags"], target.mask)
        found = []
        for ids, values, mask in zip(told, target.values.tolist(), target.mask.tolist(), strict=True):
            true = [one for one, there in zip(values, mask, strict=True) if there]
            found.append((self._stretches(true), self._stretches(ids)))
        return [(*texts, None) for texts in found]

    def _stretches(self, ids: Sequence[int]) -> str:
        runs = [(self._head.labels[one], len(list(same))) for one, same in groupby(ids)]
        return ", ".join(f"{label} ×{count}" for label, count in runs)


class SentenceTeller(Teller):
    """Sentences with a tag for every word; of those that are told wrong, only the wrong ones are written."""

    def __init__(self, data: TagData, model: SequenceModel) -> None:
        self._data = data
        self._head = cast(TagsHead, model.heads["tags"])
        self._intent = cast(LabelHead, model.heads["intent"]) if "intent" in model.heads else None

    def asked(self, row: int) -> str:
        """Return the words."""
        return " ".join(self._data.part.corpus.words_of(row))

    def raw(self, row: int) -> Any:
        """Return the words."""
        return self._data.part.corpus.words_of(row)

    def answered(self, outputs: Outputs, batch: Batch) -> list[tuple[str, str, float | None]]:
        """Return such as "York/I-to" and "York/O" of words that are told wrong, with the label of the sentence before
        them where that is told wrong; a dot where all is right."""
        mask = batch.target["tags"].mask
        assert mask is not None
        labels = [""] * len(batch.rows)
        if self._intent is not None:
            best = self._intent.probabilities(outputs["intent"].float()).argmax(-1).tolist()
            labels = [self._intent.labels[one] for one in best]
        found: list[tuple[str, str, float | None]] = []
        for row, ids, label in zip(batch.rows, self._head.tag(outputs["tags"], mask), labels, strict=True):
            words, (tags, intent) = self._data.part.corpus.words_of(row), self._data.truth(row)
            told = [self._head.labels[one] for one in ids]
            wrong = [at for at, (one, other) in enumerate(zip(tags, told, strict=True)) if one != other]
            texts = [[f"{words[at]}/{each[at]}" for at in wrong] for each in (tags, told)]
            if self._intent is not None and intent is not None and label not in (intent, *intent.split(ANY)):
                texts = [[f"({intent})", *texts[0]], [f"({label})", *texts[1]]]
            true, said = (" ".join(one) or SAME for one in texts)
            found.append((true, said, None))
        return found


class WrittenTeller(Teller):
    """Rows to which a text is written: a meter's answers are taken from it."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self.answers: dict[int, str] = {}

    def asked(self, row: int) -> str:
        """Return the source, or the name of its item."""
        return self._questions.shown(row)

    def references(self, row: int) -> list[str]:
        """Return every right answer."""
        return self._questions.references(row)

    def raw(self, row: int) -> Any:
        """Return the source texts, or the item."""
        pairs = self._questions.pairs
        return item_of(pairs.clips, row) if isinstance(pairs, ClipPairs) else list(pairs[row].source)

    def picture(self, row: int) -> NDArray[Any] | None:
        """Return its picture, or the middle frame of its film."""
        return picture_of(self.raw(row))

    def answered(self, outputs: Outputs, batch: Batch) -> list[tuple[str, str, float | None]]:
        """Return the right answers with bars between, and what was written, "" where nothing was asked for."""
        return [(" | ".join(self.references(row)), self.answers.get(row, ""), None) for row in batch.rows]


def item_of(clips: Clips, row: int) -> Decoded:
    """Return the item of a row, decoded."""
    return Decoded(clips.where(row), clips.vault[clips.refs()[row]])


def picture_of(raw: Any) -> NDArray[Any] | None:
    """Return what can be seen of an item: a picture, or the middle frame of a film, of 0 to 255."""
    if not isinstance(raw, Decoded) or raw.raw.ndim < 3:
        return None
    shown: NDArray[Any] = raw.raw[len(raw.raw) // 2] if raw.raw.ndim == 4 else raw.raw
    if shown.shape[-1] not in (1, 3):
        shown = shown[..., :3] if shown.shape[-1] == 4 else shown[..., :1]
    if shown.dtype != np.uint8:  # pictures of 16 bits
        low, high = float(shown.min()), float(shown.max())
        shown = (shown - low) * (255 / (high - low or 1.0))
    return shown


def _several(labels: Sequence[str], chosen: Tensor) -> str:
    return ", ".join(label for label, one in zip(labels, chosen.tolist(), strict=True) if one) or "none"
