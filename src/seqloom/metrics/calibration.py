"""Calibration: does a model that says 80 % get 80 % right? (Guo et al. 2017, arXiv:1706.04599, equations 2 to 5)."""

from typing import ClassVar

import torch
from torch import Tensor

from seqloom.errors import InputError
from seqloom.metrics.ratio import ratio


class Calibration:
    """Expected calibration error over bins of equal width, (0, 1/M], (1/M, 2/M], ... as the paper has them.

    ECE = sum over bins of |bin| / n * |accuracy(bin) - confidence(bin)|, where the confidence of a row is the
    probability of the label it is given. The paper uses M = 15.
    """

    higher: ClassVar = {"ece": False}

    def __init__(self, *, bins: int = 15) -> None:
        if bins < 1:
            raise InputError(f"calibration: bins={bins} cannot be used: there must be at least 1.")
        self.edges = torch.arange(1, bins + 1, dtype=torch.float64) / bins
        self.count = torch.zeros(bins, dtype=torch.int64)
        self.right = torch.zeros(bins, dtype=torch.int64)
        self.confidence = torch.zeros(bins, dtype=torch.float64)

    def add(self, probabilities: Tensor, true: Tensor) -> None:
        """Count a batch: probabilities [batch, labels] and the true ids [batch]."""
        confidence, predicted = probabilities.to("cpu", torch.float64).max(1)
        place = torch.bucketize(confidence, self.edges).clamp(max=len(self.edges) - 1)
        self.count += torch.bincount(place, minlength=len(self.edges))
        self.right += torch.bincount(place[predicted == true.cpu()], minlength=len(self.edges))
        self.confidence.index_add_(0, place, confidence)

    def bins(self) -> list[dict[str, float]]:
        """Return the reliability diagram: from, to, rows, confidence and accuracy of each bin that holds rows."""
        columns = {
            "from": self.edges - self.edges[0],
            "to": self.edges,
            "rows": self.count,
            "confidence": ratio(self.confidence, self.count),
            "accuracy": ratio(self.right, self.count),
        }
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [bin_ for row in rows if (bin_ := dict(zip(columns, row, strict=True)))["rows"]]

    def result(self) -> dict[str, float]:
        """Return ece, between 0 and 1. Raises InputError where no row was counted."""
        if not int(self.count.sum()):
            raise InputError("there is nothing to measure: no row with a label was seen.")
        return {"ece": float((self.right - self.confidence).abs().sum() / self.count.sum())}
