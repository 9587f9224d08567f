"""Kernels: how much rows tell of each other, scored without a network and without a row held out.

Kernel ridge regression onto labels or numbers (regularised least squares, Rifkin & Lippert 2007) tells each row from
all others in closed form: what is not told of a row left out is alpha_i / (K + lambda)^-1_ii. Features of one kind make
one kernel of diagonal 1. Kinds that say nothing come near to the identity, which is more ridge and little harm: a score
with more kinds of features hardly falls below one with fewer.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BUCKETS = 4096
"""Places that features are hashed to (Weinberger et al. 2009)."""
RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
SHARES = (0.8, 0.5, 0.2)
"""What the first kernel may weigh among several; it and the ridge are those of the least leave-one-out error."""


def of_ids(ids: Ints, rows: Ints, count: int) -> Floats:
    """Return the cosines between `count` rows [count, count]; feature `ids[i]` is one of row `rows[i]`, and may be one
    several times. Counts are damped by a square root; a row without features is like none."""
    mixed = (ids.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    places = (mixed >> np.uint64(40)).astype(np.int64) % BUCKETS
    table = np.bincount(rows * BUCKETS + places, minlength=count * BUCKETS).reshape(count, BUCKETS)
    return _cosines(np.sqrt(table).astype(np.float32))


def of_numbers(values: Floats) -> Floats:
    """Return how near rows of numbers [rows, numbers] are [rows, rows]: exp(-distance^2 / median distance^2), each
    number standardised (a Gaussian kernel)."""
    spread = values.std(0)
    scaled = ((values - values.mean(0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
    squares = (scaled**2).sum(1)
    apart = np.maximum(squares[:, None] + squares - 2 * (scaled @ scaled.T), 0)
    middle = np.median(apart[np.triu_indices(len(apart), 1)]) if len(apart) > 1 else 1.0
    found = np.exp(-apart / max(float(middle), 1e-12)).astype(np.float64)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def left_over(first: Floats, others: Sequence[Floats], target: Floats) -> Floats:
    """Return what of each row's target [rows, outputs] is not told by all other rows: [rows, outputs]."""
    truth = torch.from_numpy(target - target.mean(0))
    best, least = np.asarray(truth.numpy()), np.inf
    for share in SHARES if others else (1.0,):
        kernel = share * first + (1 - share) * sum(others) / max(len(others), 1)
        values, vectors = torch.linalg.eigh(torch.from_numpy(kernel).float())
        values, vectors = values.double().clamp(min=0), vectors.double()
        inside, squares = vectors.T @ truth, vectors**2
        for ridge in RIDGES:
            inverse = 1 / (values + ridge)
            left = (vectors @ (inverse[:, None] * inside)) / (squares @ inverse)[:, None]
            error = float((left**2).mean())
            if error < least:
                best, least = left.numpy(), error
    return best


def _cosines(table: NDArray[np.float32]) -> Floats:
    lengths = np.sqrt((table**2).sum(1, keepdims=True))
    table = table / np.maximum(lengths, 1e-12)
    found = (table @ table.T).astype(np.float64)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)
