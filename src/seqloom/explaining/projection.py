"""Projection: many units as two numbers, by principal components (Pearson 1901)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def principal(states: NDArray[np.floating], count: int = 2) -> tuple[Floats, Floats]:
    """Return the first components of states [steps, units], [steps, count], and the share of variance of each [count].

    Each component has the sign with which its largest weight is positive, so that the same states are drawn alike.
    States that do not change give zeros.
    """
    away = states.astype(np.float64) - states.mean(0, dtype=np.float64)
    left, sizes, weights = np.linalg.svd(away, full_matrices=False)
    kept = min(count, len(sizes))
    signs = np.sign(weights[:kept][np.arange(kept), np.abs(weights[:kept]).argmax(1)])
    found, shares = np.zeros((len(states), count)), np.zeros(count)
    found[:, :kept] = left[:, :kept] * sizes[:kept] * signs
    total = float((sizes**2).sum())
    shares[:kept] = sizes[:kept] ** 2 / total if total else 0.0
    return found, shares
