"""Classify: what a row is read as (a text or a pair of texts, a sequence of DNA, a series) to one label or several."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.errors import InputError, nearest
from seqloom.heads.label import LabelHead
from seqloom.model import SequenceModel
from seqloom.spec import Spec
from seqloom.tasks.classify_meter import LabelMeter
from seqloom.tasks.examples import Examples
from seqloom.tasks.labelled import check_labels, sides
from seqloom.tasks.row_task import RowTask, defaults, source_of
from seqloom.tasks.source import Source
from seqloom.tasks.task import Data, Meter, Say


@dataclass(frozen=True)
class Prediction:
    """What a row is taken for, and the probability of every label."""

    label: str | list[str]
    probabilities: dict[str, float]


class Classify(RowTask):
    """Classification: the head reads the encoder's memory."""

    name = "classify"
    about = "a text, a pair of texts, a DNA sequence or a numeric series to one or several labels"

    def __init__(self, spec: Spec, source: Source[Any], labels: list[str], counts: list[int], rows_digest: str) -> None:
        super().__init__(spec, source, rows_digest)
        self.labels, self.counts = labels, counts
        self._index = {label: number for number, label in enumerate(labels)}

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: one label out of whatever is read."""
        return defaults({"label": {"kind": "label", "dropout": 0.2}})

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training file, hold out a share or read the validation file, and fit source and labels."""
        parts = cls.read(spec, say)
        examples = parts.train
        counts = examples.tally()
        labels = sorted(counts)
        check_labels(spec, examples, labels, say)
        source = source_of(spec).learn(spec, examples, say)
        task = cls(spec, source, labels, [counts[label] for label in labels], examples.digest())
        task._parts = parts
        return task

    @classmethod
    def halves(cls, examples: Examples, share: float, seed: int, say: Say) -> tuple[Examples, Examples]:
        """Hold out a share of the rows; a label that would be in the held part alone stays in training."""
        return examples.parted(share, seed, say)

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take the source and labels of a run."""
        about = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        source = source_of(spec).load(spec, folder / "source")
        return cls(spec, source, about["labels"], about["counts"], about["training_rows_sha256"])

    def save(self, folder: Path) -> None:
        """Write the source and labels."""
        self.source.save(folder / "source")
        about = {"labels": self.labels, "counts": self.counts, "training_rows_sha256": self.rows_digest}
        (folder / "labels.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")

    def digest(self) -> str:
        """Return a hash of the source and the labels."""
        return hashlib.sha256("\n".join([self.source.digest, *self.labels]).encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return what the source knows, and the labels with their counts."""
        return Wiring(labels={"label": (self.labels, self.counts)}, **self.source.wiring(vectors_too))

    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a meter of accuracy, F1, calibration and loss."""
        return LabelMeter(cast(LabelHead, model.heads["label"]))

    def targets(self, examples: Examples) -> dict[str, NDArray[Any]]:
        """Return the ids of labels [rows], or for several a row 0 and 1 [rows, labels].

        Raises InputError, with the place, for a label that training has not seen.
        """
        unknown = set(examples.tally()) - set(self.labels)
        if unknown:
            place, label = examples.first_label(unknown)
            raise InputError(f"{place}: label {label!r} does not occur in training" + nearest(label, self.labels))
        known = self._index
        if sides(self.spec)[1].multilabel is None:
            return {"label": examples.numbered(known)}
        several = np.zeros((len(examples), len(self.labels)), np.float32)
        for row, labels in enumerate(examples.labels()):
            several[row, [known[label] for label in labels]] = 1
        return {"label": several}

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Any],
        *,
        first: int = 0,
        threshold: float | None = None,
        **options: Any,
    ) -> Iterator[Prediction]:
        """Label each row: a text, or several where training had several, or a series [steps, channels]. `threshold`
        (0.5): the second of two labels, or each of many, is taken from there on."""
        self._only(options)
        if len(models) > 1:
            raise InputError("this run answers with labels: it has no ensemble.")
        return self._label(models[0], rows, threshold)

    def _label(self, model: SequenceModel, rows: Iterable[Any], threshold: float | None) -> Iterator[Prediction]:
        device = next(model.parameters()).device

        def tell(batch: Batch) -> list[Prediction]:
            with torch.no_grad():
                outputs, _ = model(batch.to(device))
            return self.answer(cast(LabelHead, model.heads["label"]), outputs["label"], threshold)

        return self.told(rows, tell)

    def answer(self, head: LabelHead, outputs: Tensor, threshold: float | None) -> list[Prediction]:
        """Turn logits into predictions: the likeliest label, or every label at or above the threshold (0.5)."""
        answers = []
        for row in head.probabilities(outputs.float()).tolist():
            by_label = dict(zip(self.labels, row, strict=True))
            if head.multilabel:
                chosen: str | list[str] = [name for name, p in by_label.items() if p >= (threshold or 0.5)]
            elif head.binary and threshold is not None:
                chosen = self.labels[int(row[1] >= threshold)]
            else:
                chosen = self.labels[int(np.argmax(row))]
            answers.append(Prediction(chosen, by_label))
        return answers
