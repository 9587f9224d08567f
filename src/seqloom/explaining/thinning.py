"""Thinning: an axis cut into spans, each drawn as one: the pieces of a word, or neighbours where there are too many."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Spans = Sequence[tuple[int, int]]
"""The first step of each and the one after its last; they follow each other and leave nothing out."""


def even(length: int, most: int) -> list[tuple[int, int]]:
    """Return at most `most` spans of like length over `length` steps; one a step where there is room."""
    count = min(length, max(1, most))
    edges = [at * length // count for at in range(count + 1)] if count else [0]
    return list(pairwise(edges))


def summed(values: NDArray[np.floating], spans: Spans, axis: int) -> Floats:
    """Add up what lies in each span along an axis: what a word receives is what its pieces receive."""
    if not len(spans):
        return np.zeros_like(values, np.float64)
    total: Floats = np.add.reduceat(values, [start for start, _ in spans], axis, dtype=np.float64)
    return total


def averaged(values: NDArray[np.floating], spans: Spans, axis: int) -> Floats:
    """Average what lies in each span along an axis: a word looks where its pieces look, each as much."""
    total = summed(values, spans, axis)
    shape = [1] * total.ndim
    shape[axis] = -1
    return total / np.array([end - start for start, end in spans], np.float64).reshape(shape)


def mapped(weights: NDArray[np.floating], rows: Spans, columns: Spans) -> Floats:
    """Draw maps [..., rows, columns] by spans: columns added, rows averaged, so that a row keeps its sum."""
    return averaged(summed(weights, columns, -1), rows, -2)


def named(names: Sequence[str], spans: Spans) -> list[str]:
    """Name each span by its step, or by its first and last; the space that a piece begins with is left out."""
    plain = [name.strip(" ") or name for name in names]
    return [plain[start] if end - start == 1 else f"{plain[start]} … {plain[end - 1]}" for start, end in spans]
