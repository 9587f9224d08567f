"""Breakdown: quality by length, by class and by rarity, for several architectures on the same rows.

    by_length  rows in up to six bins of like many, by the steps of their source
    by_class   rows of one true label (of one series, of one type of question), the ten most frequent and the others
               together; a measure of labels, such as macro F1, is that of the label itself over all rows
    by_rarity  rows in up to six bins of like many, by how rare their tokens are in training (mean log2 rank)

Bins are of rows, so the same for every architecture and seed. A mean is that over seeds, of the measure of the bin's
rows together, and its interval is that over seeds and rows (statistics.py), 95 %; one seed has none. A bin in which a
measure has no value (no span, say) has a mean of None.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqloom.comparing.measure import Floats, Ints, Items, Measure
from seqloom.comparing.measures import balanced_accuracy, macro_f1
from seqloom.comparing.resampling import worth
from seqloom.comparing.statistics import interval_over_both
from seqloom.explaining.by_length import bins_of

MOST = 6
"""Bins of length and of rarity at most."""
CLASSES = 10
"""Classes told apart at most."""
OTHERS = "others"
DRAWS = 500
"""Draws of rows of one bin: an interval is then known to within 3 % of itself."""
FINE = 1000
"""Steps of rarity that are told apart, a doubling of rank."""
BY_LABEL = ("macro_f1", "balanced_accuracy", "mcc")
Told = list[dict[str, Any]]


@dataclass(frozen=True)
class Bin:
    """Some rows by name.

    labels  the labels that they are of, for a measure of labels
    """

    name: str
    rows: Ints
    labels: tuple[int, ...] = ()


def breakdowns(
    archs: Mapping[str, Sequence[Items]], measure: Measure, draws: int = DRAWS
) -> dict[str, dict[str, Told]]:
    """Return by_length, by_class and by_rarity, each {architecture: [{"name", "items", "mean", "low", "high"}]}, empty
    where rows have no length (class, rarity) or all have the same one. `archs` holds the items of every seed.

    Raises ValueError where runs were measured on other rows.
    """
    every = [one for seeds in archs.values() for one in seeds]
    found: dict[str, dict[str, Told]] = {"by_length": {}, "by_class": {}, "by_rarity": {}}
    if not every:
        return found
    if len({one.stats.shape for one in every}) > 1:
        raise ValueError(f"items of other rows: {sorted({one.stats.shape for one in every})}")
    parts = {"by_length": by_length(every[0]), "by_rarity": by_rarity(every[0])}
    parts["by_class"] = [] if "/" in measure.name else by_class(every[0])  # "f1/spam" is of one class already
    for arch, seeds in archs.items():
        if not seeds:
            continue
        stats = np.stack([one.stats for one in seeds])
        for name, bins in parts.items():
            if len(bins) > 1:
                found[name][arch] = [_told(one, stats, measure, draws, name == "by_class") for one in bins]
    return found


def by_length(items: Items) -> list[Bin]:
    """Return bins of lengths by name, such as "5-8"; rows without a length are in none."""
    known = np.flatnonzero(items.lengths >= 0)
    if not len(known):
        return []
    lengths = items.lengths[known]
    return [Bin(_span(lengths[rows]), known[rows]) for rows in bins_of(lengths, MOST)]


def by_class(items: Items) -> list[Bin]:
    """Return the most frequent classes by name, in the order of the labels; what is beyond `CLASSES` goes together."""
    if items.classes is None:
        return []
    names, which = items.classes
    counts = np.bincount(which[which >= 0], minlength=len(names))
    order = [place for place in np.argsort(-counts, kind="stable").tolist() if counts[place]]
    several = len(order) > CLASSES + 1
    kept, rest = (order[:CLASSES], order[CLASSES:]) if several else (order, [])
    found = [Bin(names[place], np.flatnonzero(which == place), (place,)) for place in sorted(kept)]
    if rest:
        found.append(Bin(f"{OTHERS} ({len(rest)})", np.flatnonzero(np.isin(which, rest)), tuple(sorted(rest))))
    return found


def by_rarity(items: Items) -> list[Bin]:
    """Return bins of rarity, the most common words first, named by the mean ranks that they go from and to; rows of no
    rank are in none."""
    if items.rarity is None:
        return []
    known = np.flatnonzero(~np.isnan(items.rarity))
    if not len(known):
        return []
    rarity = items.rarity[known]
    bins = bins_of(np.round(rarity * FINE).astype(np.int64), MOST)
    return [Bin(_ranks(rarity[rows]), known[rows]) for rows in bins]


def _told(bin: Bin, stats: Floats, measure: Measure, draws: int, of_class: bool) -> dict[str, Any]:
    """Return what is told of one bin: stats [seeds, items, k] of all rows."""
    value = measure.value
    if of_class and measure.name in BY_LABEL:
        labels = np.asarray(bin.labels)
        size = stats.shape[2] // 3
        stats = stats[:, :, np.concatenate([labels, labels + size, labels + 2 * size])]
        value = balanced_accuracy if measure.name == "balanced_accuracy" else macro_f1
    else:
        stats = stats[:, bin.rows]
    mean = float(worth(stats, value).mean())
    found: dict[str, Any] = {"name": bin.name, "items": len(bin.rows), "mean": _known(mean), "low": None, "high": None}
    if len(stats) > 1 and stats.shape[1] > 1 and math.isfinite(mean):
        both = interval_over_both(stats, value, draws, bounds=measure.bounds)
        found |= {"low": _known(both.low), "high": _known(both.high)}
    return found


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _span(lengths: Ints) -> str:
    low, high = int(lengths.min()), int(lengths.max())
    return str(low) if low == high else f"{low}-{high}"


def _ranks(rarity: Floats) -> str:
    """Return mean ranks to three digits: "rank 12-35.1"."""
    low, high = (_rounded(2 ** float(end)) for end in (rarity.min(), rarity.max()))
    return f"rank {low}" if low == high else f"rank {low}-{high}"


def _rounded(rank: float) -> str:
    return f"{float(f'{rank:.3g}'):,.12g}"
