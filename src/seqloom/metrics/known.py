"""Averages over what is known: values that were never measured are NaN, and count neither above nor below the line."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Axis = int | tuple[int, ...] | None


def mean_known(each: ArrayLike, true: ArrayLike, axis: Axis = None) -> Numbers:
    """Average `each` where `true` is known, over `axis`; NaN where nothing is. NaN in `each` itself stays NaN."""
    known = ~np.isnan(np.asarray(true, np.float64))
    values, known = np.broadcast_arrays(np.asarray(each, np.float64), known)
    total, count = np.where(known, values, 0.0).sum(axis), known.sum(axis)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
