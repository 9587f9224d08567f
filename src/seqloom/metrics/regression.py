"""Regression: how far numbers told are from the true ones, and how well they go along with them.

    MAE = mean |y - f|     RMSE = root of mean (y - f)^2     R2 = 1 - sum (y - f)^2 / sum (y - mean y)^2
    Pearson = correlation of y and f     Spearman = Pearson of their ranks, equal values sharing the mean of theirs

R2, Pearson and Spearman say nothing where all true numbers are one: they are 0 then, and so are both correlations
where all numbers told are one.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import InputError

Floats = NDArray[np.float64]


class Regression:
    """Keeps every number (16 bytes a row), as ranks need them all."""

    higher: ClassVar = {"mae": False, "rmse": False, "r2": True, "pearson": True, "spearman": True}

    def __init__(self) -> None:
        self._told: list[Floats] = []
        self._true: list[Floats] = []

    def add(self, told: ArrayLike, true: ArrayLike) -> None:
        """Count a batch: numbers told and true ones, both [batch]."""
        self._told.append(np.asarray(told, np.float64).ravel())
        self._true.append(np.asarray(true, np.float64).ravel())

    def result(self) -> dict[str, float]:
        """Return mae, rmse, r2, pearson and spearman. Raises InputError where no row was counted."""
        if not sum(map(len, self._true)):
            raise InputError("there is nothing to measure: no row with a number was seen.")
        told, true = np.concatenate(self._told), np.concatenate(self._true)
        error = told - true
        around = float(((true - true.mean()) ** 2).sum())
        return {
            "mae": float(np.abs(error).mean()),
            "rmse": float((error**2).mean() ** 0.5),
            "r2": 1 - float((error**2).sum()) / around if around > 0 else 0.0,
            "pearson": correlation(told, true),
            "spearman": correlation(ranks(told), ranks(true)),
        }


def correlation(x: ArrayLike, y: ArrayLike) -> float:
    """Return the correlation of two rows of numbers, -1 to 1; 0 where one of them never changes."""
    one, other = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if (one == one[0]).all() or (other == other[0]).all():
        return 0.0
    one, other = one - one.mean(), other - other.mean()
    below = float(np.sqrt((one**2).sum()) * np.sqrt((other**2).sum()))
    return float(np.clip((one * other).sum() / below, -1, 1)) if below > 0 else 0.0


def ranks(values: Sequence[float] | Floats) -> Floats:
    """Return the rank of each value from 1; equal values share the mean of their ranks."""
    _, place, counts = np.unique(np.asarray(values, np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]
