"""Resampling: what every run is worth on items drawn with replacement, the same draws for all of them.

The level of items of a hierarchical bootstrap (Davison & Hinkley 1997, section 3.8): two runs are judged on the same
items in each draw, so what an item is like counts for neither of them. The level of seeds needs no draws, see
statistics.py. Memory is bounded: items are drawn some draws at a time, and those beyond `MOST` are summed, at random,
in `MOST` groups that are drawn in their stead; the spread of a mean over groups is on average that over items.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 2000
"""Draws of items: a spread is then known to within 1.6 % of itself (1 / sqrt(2 DRAWS))."""
MOST = 20_000
CELLS = 2_000_000  # numbers of one block of counts: 16 MB


def worth(stats: Floats, value: Callable[[Floats], Floats]) -> Floats:
    """Return what each seed is worth on all items: stats [seeds, items, k] -> [seeds]."""
    return np.asarray(_valued(value, stats.sum(1)), np.float64)


def drawn(
    scores: Mapping[str, Floats], value: Callable[[Floats], Floats], draws: int = DRAWS, seed: int = 0
) -> dict[str, Floats]:
    """Return what each seed is worth on each draw of items: stats [seeds, items, k] -> [draws, seeds]. NaN where a
    draw has no value, such as no span at all."""
    rng = np.random.default_rng(seed)
    scores = _grouped(scores, rng)
    items = next(iter(scores.values())).shape[1]
    found: dict[str, list[Floats]] = {arch: [] for arch in scores}
    at_once = max(1, CELLS // items)
    for start in range(0, draws, at_once):
        rows = min(at_once, draws - start)
        chosen = rng.integers(0, items, (rows, items)) + np.arange(rows)[:, None] * items
        counts = np.bincount(chosen.ravel(), minlength=rows * items).reshape(rows, items).astype(np.float64)
        for arch, stats in scores.items():
            found[arch].append(np.asarray(_valued(value, counts @ stats), np.float64).T)
    return {arch: np.concatenate(blocks) for arch, blocks in found.items()}


def _grouped(scores: Mapping[str, Floats], rng: np.random.Generator) -> dict[str, Floats]:
    items = next(iter(scores.values())).shape[1]
    if items <= MOST:
        return dict(scores)
    group = rng.permutation(items) % MOST
    return {
        arch: np.stack([np.stack([np.bincount(group, column, MOST) for column in one.T], -1) for one in stats])
        for arch, stats in scores.items()
    }


def _valued(value: Callable[[Floats], Floats], sums: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return value(sums)
