"""The meter of labels of steps: each step counts as one, whatever series it is of."""

from typing import Any

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.heads.tags import TagsHead
from seqloom.metrics.classification import Classification
from seqloom.tasks.task import Losses


class StepMeter:
    """Count a pass over data for a head of tags."""

    def __init__(self, head: TagsHead, name: str = "tags") -> None:
        self._head, self._name = head, name
        self._loss = self._count = 0.0
        self._steps = Classification(head.labels)

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch."""
        total, count = losses[self._name]
        self._loss, self._count = self._loss + float(total), self._count + float(count)
        target = batch.target[self._name]
        assert target.mask is not None
        told = [one for row in self._head.tag(outputs[self._name], target.mask) for one in row]
        self._steps.add(torch.tensor(told), target.values[target.mask])

    def result(self) -> dict[str, float]:
        """Return loss, accuracy, balanced accuracy, F1 by label and their mean, and mcc, over steps."""
        return {"loss": self._loss / max(self._count, 1e-12), **self._steps.result()}

    def details(self) -> dict[str, Any]:
        """Return values by label and the confusion matrix [true, predicted]."""
        return {
            "labels": list(self._head.labels),
            "per_class": self._steps.per_label(),
            "confusion": self._steps.confusion.tolist(),
        }
