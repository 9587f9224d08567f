"""Classification: one label a row, counted in a confusion matrix from which every value follows."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from seqloom.errors import InputError
from seqloom.metrics.ratio import f1, ratio


class Classification:
    """Accuracy, macro F1, and per-label precision, recall and F1.

        precision = right / predicted      recall = right / present      F1 = 2 right / (predicted + present)

    A label that is never predicted and never present has F1 = 0, not NaN, and counts in macro F1 like any other:
    the mean is over all labels of the model, so that it does not depend on which of them a test set happens to hold.
    """

    higher: ClassVar = {"accuracy": True, "macro_f1": True, "f1": True, "precision": True, "recall": True}

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = list(labels)
        self.confusion = torch.zeros(len(self.labels), len(self.labels), dtype=torch.int64)
        """Counts, [true, predicted]."""

    def add(self, predicted: Tensor, true: Tensor) -> None:
        """Count a batch: ids of labels, both [batch]."""
        predicted, true = predicted.cpu().flatten(), true.cpu().flatten()
        size = len(self.labels)
        both = torch.stack([predicted, true])
        if ((both < 0) | (both >= size)).any():
            raise ValueError(f"ids from {int(both.min())} to {int(both.max())} for {size} labels")
        self.confusion += torch.bincount(true * size + predicted, minlength=size * size).view(size, size)

    def per_label(self) -> list[dict[str, str | float]]:
        """Return a row for each label: label, precision, recall, f1, and `rows`, how many truly have it."""
        right = self.confusion.diagonal().double()
        predicted, present = self.confusion.sum(0).double(), self.confusion.sum(1).double()
        values = zip(
            self.labels,
            ratio(right, predicted).tolist(),
            ratio(right, present).tolist(),
            f1(right, predicted, present).tolist(),
            self.confusion.sum(1).tolist(),
            strict=True,
        )
        return [dict(zip(("label", "precision", "recall", "f1", "rows"), row, strict=True)) for row in values]

    def result(self) -> dict[str, float]:
        """Return accuracy, macro_f1 and, for each label, f1/LABEL. Raises InputError where no row was counted."""
        rows = int(self.confusion.sum())
        if not rows:
            raise InputError("there is nothing to measure: no row with a label was seen.")
        each = {f"f1/{row['label']}": float(row["f1"]) for row in self.per_label()}
        return {
            "accuracy": int(self.confusion.trace()) / rows,
            "macro_f1": sum(each.values()) / len(self.labels),
            **each,
        }
