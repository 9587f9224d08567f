"""Statistics of a comparison: what can be told apart, over seeds and test items alike.

A difference of two architectures is uncertain twice: other seeds would train other networks, other items would be
other questions. A test over items alone calls two seeds of one architecture different; one over seeds alone takes the
items at hand for all there are. With `n` seeds of an architecture, all judged on the same items, the spread is

    V = S^2 / n  +  max(0, I - R / n)        summed over the architectures of a difference, I of the difference

    S^2  variance of the seeds' values: of training, and of what each seed makes of each item (items too few)
    I    variance of the mean over seeds when items are drawn anew: the bootstrap's, by resampling.py
    R    what of I is each seed's own, which S^2 holds already: V counts it once (Cameron, Gelbach & Miller 2011,
         doi:10.1198/jbes.2010.07136; a bootstrap that draws seeds and items naively counts it thrice, Owen 2007,
         arXiv:0712.1111, and has (n - 1) / n of S^2, a third less at three seeds)

Intervals are mean +- t sqrt(V), 95 %. S^2 has n - 1 degrees of freedom and I has as many as items, so t is between
two textbook answers, their mean: that of Satterthwaite's degrees of freedom (1946), which is too short where few
seeds and many items weigh alike, and the weighted mean of both t (Cochran & Cox 1950), which is too long. Seeds of two
architectures are joined by Welch (1947). The interval of one mean is never shorter than Student's over its seeds
alone, as it else would be where few seeds go far apart. p is of the t whose 97.5 % quantile that is.
bench/results/coverage.md shows what all this covers. Between pairs, p is corrected by Holm (1979). One seed has no
spread, so no interval and no p.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from seqloom.comparing.resampling import DRAWS, Floats, drawn, worth
from seqloom.comparing.student import freedom, outside, quantile

LEVEL = 0.95
ROUNDING = 1e-12
"""What is no more of a value than this comes from adding up in another order."""
Bounds = tuple[float, float]
ENDLESS: Bounds = (-math.inf, math.inf)


@dataclass(frozen=True)
class Estimate:
    """A mean, its 95 % interval, and of a difference p of its being 0; None where there is no spread to tell by: one
    seed, one item, or seeds and items that all say the same.

    half  what stands after +-: half the interval, before it is cut at what values there can be
    """

    mean: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    half: float | None = None


@dataclass(frozen=True)
class ArchScore:
    """What an architecture is worth: low and high by Student's t over seeds, hlow and hhigh over seeds and items."""

    arch: str
    seeds: int
    mean: float
    low: float | None
    high: float | None
    hlow: float | None
    hhigh: float | None


@dataclass(frozen=True)
class Pair:
    """How two architectures differ: a's mean less b's, in the unit of the measure.

    p       over seeds and items; p_holm that of all pairs together, at most 1
    effect  Hedges' g over seeds (1981): the difference in standard deviations of seeds; None where they have none
    shown   p_holm is below 0.05
    """

    a: str
    b: str
    difference: float
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    effect: float | None
    shown: bool


@dataclass(frozen=True, eq=False)
class Scores:
    """What every run is worth on all items, and on each draw of them: all that intervals and tests are worked from.

    values {arch: [seeds]}, draws {arch: [draws, seeds]}, how many items bear on each architecture's value (one whose
    stats are all 0, such as a sentence without a span, does not), and the ends of what values there can be.
    """

    values: Mapping[str, Floats]
    draws: Mapping[str, Floats]
    items: Mapping[str, int]
    bounds: Bounds = ENDLESS

    def estimate(self, weights: Mapping[str, float]) -> Estimate:
        """Return the sum of weight x mean over architectures: {"gru": 1} is a mean, {"gru": 1, "lstm": -1} a
        difference, {"gru": 0.5, "lstm": 0.5, "rnn": -1} what two have together over a third."""
        mean = sum(weight * float(self.values[arch].mean()) for arch, weight in weights.items())
        kept = self._kept(weights)
        if kept is None or not math.isfinite(mean):
            return Estimate(mean)
        items = min(self.items[arch] for arch in weights)
        differs = abs(sum(weights.values())) < 1e-9
        spread, t = self._spread(weights, kept, items)
        if spread <= (ROUNDING * max(float(np.abs(self.values[arch]).max()) for arch in weights)) ** 2:
            return Estimate(mean, p=_chance(mean, 0.0, t, items) if differs else None)
        half = t * math.sqrt(spread)
        if len(weights) == 1:
            ((arch, weight),) = weights.items()
            half = max(half, abs(weight) * (interval_over_seeds(self.values[arch]).half or 0.0))
        low, high = _cut(mean, half, self._bounds(weights))
        return Estimate(mean, low, high, _chance(mean, spread, t, items) if differs else None, half)

    def _bounds(self, weights: Mapping[str, float]) -> Bounds:
        """Return the ends of what the sum of weight x value can be."""
        ends = [sorted(weight * end for end in self.bounds) for weight in weights.values() if weight]
        return sum(low for low, _ in ends), sum(high for _, high in ends)

    def _kept(self, weights: Mapping[str, float]) -> dict[str, Floats] | None:
        """Return the draws in which all of them have a value; None where there is nothing to tell a spread by."""
        if any(len(self.values[arch]) < 2 or self.items[arch] < 2 for arch in weights):
            return None
        finite = np.logical_and.reduce([np.isfinite(self.draws[arch]).all(1) for arch in weights])
        return {arch: self.draws[arch][finite] for arch in weights} if finite.sum() * 2 >= len(finite) > 1 else None

    def _spread(self, weights: Mapping[str, float], kept: Mapping[str, Floats], items: int) -> tuple[float, float]:
        """Return V and t."""
        seeds = below = own = 0.0
        for arch, weight in weights.items():
            n = len(self.values[arch])
            part = weight**2 * float(self.values[arch].var(ddof=1)) / n
            seeds, below = seeds + part, below + part**2 / (n - 1)
            apart = kept[arch] - kept[arch].mean(1, keepdims=True)
            own += weight**2 * float(apart.var(0, ddof=1).sum()) / (n - 1) / n
        together = np.sum([weight * kept[arch].mean(1) for arch, weight in weights.items()], 0)
        rows = max(0.0, (float(together.var(ddof=1)) - own) * items / (items - 1))
        return seeds + rows, _t(seeds, below, rows, items - 1)


@dataclass(frozen=True, eq=False)
class Standing:
    """Every architecture's mean with its intervals, and every pair's difference with its test."""

    archs: tuple[ArchScore, ...]
    pairs: tuple[Pair, ...]
    scores: Scores

    def pair(self, a: str, b: str) -> Pair:
        """Return the pair of two architectures, in whichever order it is held."""
        return next(pair for pair in self.pairs if {pair.a, pair.b} == {a, b})

    def to_dict(self) -> dict[str, Any]:
        """Return {"archs": [...], "pairs": [...]}, what is not a number as None."""
        return {"archs": [_plain(one) for one in self.archs], "pairs": [_plain(one) for one in self.pairs]}


def stand(
    scores: Mapping[str, Floats],
    value: Callable[[Floats], Floats],
    draws: int = DRAWS,
    seed: int = 0,
    bounds: Bounds = ENDLESS,
) -> Standing:
    """Return what can be said of architectures by their stats [seeds, items, k], of the same items in the same order.

    The number of seeds may differ (failed runs). `value` turns summed stats [..., k] to numbers [...], which lie
    between `bounds`: no interval goes beyond them. Raises ValueError where items differ or an architecture has no seed.
    """
    shapes = {arch: stats.shape for arch, stats in scores.items()}
    if any(len(shape) != 3 or not shape[0] for shape in shapes.values()) or len({s[1:] for s in shapes.values()}) != 1:
        raise ValueError(f"stats must be [seeds, items, k] of the same items: {shapes}")
    bearing = {arch: int((stats != 0).any((0, 2)).sum()) for arch, stats in scores.items()}
    held = Scores(
        {arch: worth(stats, value) for arch, stats in scores.items()},
        drawn(scores, value, draws, seed),
        bearing,
        bounds,
    )
    return _standing(held)


def interval_over_seeds(values: Sequence[float] | Floats, bounds: Bounds = ENDLESS) -> Estimate:
    """Return the mean over seeds and its t-interval, cut at `bounds`: the items at hand are taken for all there are."""
    array = np.asarray(values, np.float64)
    mean = float(array.mean())
    if len(array) < 2 or not math.isfinite(mean):
        return Estimate(mean)
    half = quantile(len(array) - 1, LEVEL) * float(array.std(ddof=1)) / math.sqrt(len(array))
    return Estimate(mean, *_cut(mean, half, bounds), half=half)


def interval_over_both(
    stats: Floats,
    value: Callable[[Floats], Floats],
    draws: int = DRAWS,
    seed: int = 0,
    bounds: Bounds = ENDLESS,
) -> Estimate:
    """Return one architecture's mean and interval over seeds and items: stats [seeds, items, k]; else as `stand`."""
    return stand({"": stats}, value, draws, seed, bounds).scores.estimate({"": 1.0})


def holm(chances: Sequence[float | None]) -> list[float | None]:
    """Return p corrected by Holm (1979): the smallest times the number of tests, the next times one less, and so on,
    never below the one before and at most 1. None, no test, stays None and counts for nothing."""
    tested = [place for place, p in enumerate(chances) if p is not None]
    found: list[float | None] = [None] * len(chances)
    least = 0.0
    for rank, place in enumerate(sorted(tested, key=lambda place: chances[place] or 0.0)):
        least = max(least, min(1.0, (len(tested) - rank) * (chances[place] or 0.0)))
        found[place] = least
    return found


def hedges(a: Floats, b: Floats) -> float | None:
    """Return Hedges' g (1981): the difference of means over the pooled standard deviation, times the correction
    1 - 3 / (4 df - 1) of few seeds; None where there is no deviation."""
    df = len(a) + len(b) - 2
    if len(a) < 2 or len(b) < 2:
        return None
    pooled = math.sqrt(float(((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / df)
    if not pooled > 1e-12 * float(np.abs([*a, *b]).max()):  # but for rounding
        return None
    return float(a.mean() - b.mean()) / pooled * (1 - 3 / (4 * df - 1))


def _standing(scores: Scores) -> Standing:
    archs = []
    for arch, values in scores.values.items():
        seeds, both = interval_over_seeds(values, scores.bounds), scores.estimate({arch: 1.0})
        archs.append(ArchScore(arch, len(values), seeds.mean, seeds.low, seeds.high, both.low, both.high))
    named = list(combinations(scores.values, 2))
    told = [scores.estimate({a: 1.0, b: -1.0}) for a, b in named]
    corrected = holm([one.p for one in told])
    pairs = tuple(
        Pair(
            a,
            b,
            one.mean,
            one.low,
            one.high,
            one.p,
            p_holm,
            hedges(scores.values[a], scores.values[b]),
            p_holm is not None and p_holm < 1 - LEVEL,
        )
        for (a, b), one, p_holm in zip(named, told, corrected, strict=True)
    )
    return Standing(tuple(archs), pairs, scores)


def _chance(mean: float, spread: float, t: float, items: int) -> float:
    """Return p. Items that all say the same are coins that all fell alike: p is never below the chance of that."""
    least = 2.0 ** (1 - min(items, 1000))
    if spread == 0:
        return least if mean else 1.0
    return max(least, outside(mean / math.sqrt(spread), freedom(t, LEVEL)))


def _cut(mean: float, half: float, bounds: Bounds) -> tuple[float, float]:
    return max(mean - half, min(bounds[0], mean)), min(mean + half, max(bounds[1], mean))


def _t(seeds: float, below: float, items: float, df_items: int) -> float:
    """Return the t of an interval whose spread is `seeds` + `items`; below = sum of part^2 / df over what `seeds` is
    the sum of."""
    whole = seeds + items
    if not whole > 0:
        return quantile(math.inf, LEVEL)
    few = quantile(seeds**2 / below, LEVEL) if below > 0 else 0.0
    many = quantile(df_items, LEVEL)
    joined = quantile(whole**2 / (below + items**2 / df_items), LEVEL)
    return (joined + (seeds * few + items * many) / whole) / 2


def _plain(one: ArchScore | Pair) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in asdict(one).items()
    }
