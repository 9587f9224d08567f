"""The meter of numbers told of rows: errors and correlations, beside those of always telling the training mean."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch
from seqloom.heads.numbers import NumberHead
from seqloom.metrics.regression import Regression
from seqloom.tasks.task import Losses


@dataclass(frozen=True)
class Scale:
    """The mean and the deviation of the numbers of the training rows."""

    mean: float
    deviation: float

    def back(self, values: Tensor) -> NDArray[np.float64]:
        """Return standardised values [rows, 1, 1] in the units of the data, [rows]."""
        plain: NDArray[np.float64] = values.detach().double().cpu().numpy().reshape(-1)
        return plain * self.deviation + self.mean


class NumberMeter:
    """Count a pass over data for one head of numbers."""

    def __init__(self, head: NumberHead, scale: Scale, name: str = "number") -> None:
        self._head, self._scale, self._name = head, scale, name
        self._loss = self._count = 0.0
        self._told, self._baseline = Regression(), Regression()

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch."""
        total, count = losses[self._name]
        self._loss, self._count = self._loss + float(total), self._count + float(count)
        true = self._scale.back(batch.target[self._name].values)
        self._told.add(self._scale.back(self._head.point(outputs[self._name])), true)
        self._baseline.add(np.full(len(true), self._scale.mean), true)

    def result(self) -> dict[str, float]:
        """Return loss, mae, rmse, r2, pearson and spearman, and mae and rmse of telling the training mean."""
        baseline = self._baseline.result()
        return {
            "loss": self._loss / max(self._count, 1e-12),
            **self._told.result(),
            **{f"baseline.{name}": baseline[name] for name in ("mae", "rmse")},
        }

    def details(self) -> dict[str, Any]:
        """Return what the baseline tells of every row."""
        return {"baseline": {"tells": "the mean of the training rows", "number": self._scale.mean}}
