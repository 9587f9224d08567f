"""Classification: one label a row, counted in a confusion matrix from which every value follows."""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from seqloom.errors import InputError
from seqloom.metrics.ratio import f1, ratio


class Classification:
    """Accuracy, balanced accuracy, macro F1, Matthews correlation, and per-label precision, recall and F1.

        precision = right / predicted      recall = right / present      F1 = 2 right / (predicted + present)
        balanced accuracy = mean recall of the labels that are present
        mcc = (c s - sum_k p_k t_k) / sqrt((s^2 - sum_k p_k^2) (s^2 - sum_k t_k^2))

    with s rows, c of them right, p_k predicted and t_k present of label k: Gorodkin 2004 ("Comparing two K-category
    assignments by a K-category correlation coefficient", eq. 8), which for two labels is the correlation of Matthews
    1975. It is 0 where all rows have one label, or are given one.

    A label that is never predicted and never present has F1 = 0, not NaN, and counts in macro F1 like any other:
    the mean is over all labels of the model, so that it does not depend on which of them a test set happens to hold.
    """

    higher: ClassVar = dict.fromkeys(
        ("accuracy", "balanced_accuracy", "macro_f1", "mcc", "f1", "precision", "recall"), True
    )

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
        """Return accuracy, balanced_accuracy, macro_f1, mcc and, for each label, f1/LABEL.

        Raises InputError where no row was counted.
        """
        rows = int(self.confusion.sum())
        if not rows:
            raise InputError("there is nothing to measure: no row with a label was seen.")
        labels = self.per_label()
        each = {f"f1/{row['label']}": float(row["f1"]) for row in labels}
        recalls = [float(row["recall"]) for row in labels if row["rows"]]
        return {
            "accuracy": int(self.confusion.trace()) / rows,
            "balanced_accuracy": sum(recalls) / len(recalls),
            "macro_f1": sum(each.values()) / len(self.labels),
            "mcc": self._matthews(),
            **each,
        }

    def _matthews(self) -> float:
        """Return the correlation between what rows are and what they are taken for, in whole numbers up to the end."""
        rows, right = int(self.confusion.sum()), int(self.confusion.trace())
        predicted, present = self.confusion.sum(0).tolist(), self.confusion.sum(1).tolist()
        above = right * rows - sum(one * other for one, other in zip(predicted, present, strict=True))
        below = [rows**2 - sum(one**2 for one in counts) for counts in (predicted, present)]
        return above / math.sqrt(below[0] * below[1]) if all(below) else 0.0
