"""MultiLabel: any number of labels a row, each right or wrong on its own."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from seqloom.errors import InputError
from seqloom.metrics.ratio import f1, ratio


class MultiLabel:
    """Exact match (all labels of a row right), micro F1 (over all decisions) and macro F1 (mean over labels).

    A label that is never predicted and never present has F1 = 0, not NaN, and counts in macro F1 like any other.
    """

    higher: ClassVar = {
        "exact_match": True,
        "micro_f1": True,
        "macro_f1": True,
        "f1": True,
        "precision": True,
        "recall": True,
    }

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = list(labels)
        self.right = torch.zeros(len(self.labels), dtype=torch.int64)
        self.predicted = torch.zeros_like(self.right)
        self.present = torch.zeros_like(self.right)
        self.rows = 0
        self.exact = 0

    def add(self, predicted: Tensor, true: Tensor) -> None:
        """Count a batch: which labels were given and which are true, both [batch, labels], 0 or 1."""
        predicted, true = predicted.cpu().bool(), true.cpu().bool()
        self.right += (predicted & true).sum(0)
        self.predicted += predicted.sum(0)
        self.present += true.sum(0)
        self.rows += len(true)
        self.exact += int((predicted == true).all(1).sum())

    def per_label(self) -> list[dict[str, str | float]]:
        """Return a row for each label: label, precision, recall, f1, and `rows`, how many truly have it."""
        values = zip(
            self.labels,
            ratio(self.right, self.predicted).tolist(),
            ratio(self.right, self.present).tolist(),
            f1(self.right, self.predicted, self.present).tolist(),
            self.present.tolist(),
            strict=True,
        )
        return [dict(zip(("label", "precision", "recall", "f1", "rows"), row, strict=True)) for row in values]

    def result(self) -> dict[str, float]:
        """Return exact_match, micro_f1, macro_f1 and f1/LABEL. Raises InputError where no row was counted."""
        if not self.rows:
            raise InputError("there is nothing to measure: no row with labels was seen.")
        each = {f"f1/{row['label']}": float(row["f1"]) for row in self.per_label()}
        return {
            "exact_match": self.exact / self.rows,
            "micro_f1": float(f1(self.right.sum(), self.predicted.sum(), self.present.sum())),
            "macro_f1": sum(each.values()) / len(self.labels),
            **each,
        }
