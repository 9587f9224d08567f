"""The meter of a label head: accuracy, F1, calibration, loss, and the confusion matrix."""

from typing import Any

from torch import Tensor

from seqloom.batch import Batch
from seqloom.heads.label import LabelHead
from seqloom.metrics.calibration import Calibration
from seqloom.metrics.classification import Classification
from seqloom.metrics.multilabel import MultiLabel
from seqloom.tasks.task import Losses


class LabelMeter:
    """Count a pass over data for one label head."""

    def __init__(self, head: LabelHead, name: str = "label") -> None:
        self._head, self._name = head, name
        self._loss = self._count = 0.0
        self._several = MultiLabel(head.labels)
        self._one = Classification(head.labels)
        self._calibration = Calibration()

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch."""
        total, count = losses[self._name]
        self._loss, self._count = self._loss + float(total), self._count + float(count)
        probabilities = self._head.probabilities(outputs[self._name].float())
        true = batch.target[self._name].values
        if self._head.multilabel:
            self._several.add(probabilities >= 0.5, true)
        else:
            self._one.add(probabilities.argmax(-1), true)
            self._calibration.add(probabilities, true)

    def result(self) -> dict[str, float]:
        """Return loss, accuracy (or exact match), F1 by label and their mean, and ece."""
        loss = {"loss": self._loss / max(self._count, 1e-12)}
        if self._head.multilabel:
            return {**loss, **self._several.result()}
        return {**loss, **self._one.result(), **self._calibration.result()}

    def details(self) -> dict[str, Any]:
        """Return values by label and, for one label a row, the confusion matrix [true, predicted]."""
        per_label = (self._several if self._head.multilabel else self._one).per_label()
        details: dict[str, Any] = {"labels": list(self._head.labels), "per_class": per_label}
        if not self._head.multilabel:
            details["confusion"] = self._one.confusion.tolist()
        return details
