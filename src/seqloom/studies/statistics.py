"""Statistics of studies: intervals over seeds, and verdicts that follow from a stated test alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqloom.errors import ResourceError

Outcome = Literal["holds", "does not hold", "inconclusive"]
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and the ends of its 95 % interval (Student's t); one seed alone has none (ends NaN)."""

    mean: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        if self.count < 2:
            return f"{self.mean:.4g}"
        return f"{self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"


@dataclass(frozen=True)
class Ruling:
    """What one test says: the outcome, and the sentence with its numbers."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What a study says of its claim: the outcome of the stated test, and the numbers that it follows from."""

    answer: Outcome
    test: str
    reasons: tuple[str, ...]


def interval(values: Iterable[float]) -> Interval:
    """Return the mean of values over seeds and its interval. Raises ValueError for no values or one that is NaN."""
    array = np.asarray(list(values), np.float64)
    if not array.size or np.isnan(array).any():
        raise ValueError(f"no interval of {array.tolist()}")
    mean = float(array.mean())
    if array.size < 2:
        return Interval(mean, float("nan"), float("nan"), 1)
    half = _student(array.size - 1) * float(array.std(ddof=1)) / float(np.sqrt(array.size))
    return Interval(mean, mean - half, mean + half, int(array.size))


def above(values: Iterable[float], bound: float, what: str) -> Ruling:
    """Rule that the mean over seeds is above a bound: it holds where the whole interval lies above, does not where it
    lies below or on it, and is inconclusive where the bound lies inside, or where there is one seed."""
    found = interval(values)
    reason = f"{what}: {found} over {found.count} seeds, must be above {bound:g}"
    if found.count < 2:
        return Ruling("inconclusive", reason + "; one seed has no interval")
    if found.low > bound:
        return Ruling("holds", reason)
    return Ruling("does not hold" if found.high <= bound else "inconclusive", reason)


def below(values: Iterable[float], bound: float, what: str) -> Ruling:
    """Rule that the mean over seeds is below a bound; as `above`."""
    found = interval(values)
    reason = f"{what}: {found} over {found.count} seeds, must be below {bound:g}"
    if found.count < 2:
        return Ruling("inconclusive", reason + "; one seed has no interval")
    if found.high < bound:
        return Ruling("holds", reason)
    return Ruling("does not hold" if found.low >= bound else "inconclusive", reason)


def exactly(values: Iterable[float], wanted: float, what: str) -> Ruling:
    """Rule that every value is a number, to the last bit: what follows from the construction and is not estimated."""
    array = list(values)
    worst = max(array, key=lambda one: abs(one - wanted), default=float("nan"))
    same = bool(array) and all(one == wanted for one in array)
    return Ruling(
        "holds" if same else "does not hold", f"{what}: {worst:g} at worst of {len(array)}, must be {wanted:g}"
    )


def all_of(rulings: Sequence[Ruling], test: str) -> Verdict:
    """Return the verdict of a claim with several parts: it holds where all do, and does not where one does not."""
    outcomes = {ruling.outcome for ruling in rulings}
    answer: Outcome = "holds"
    if "does not hold" in outcomes:
        answer = "does not hold"
    elif "inconclusive" in outcomes or not outcomes:
        answer = "inconclusive"
    return Verdict(answer, test, tuple(f"{ruling.reason}: {ruling.outcome}" for ruling in rulings))


def _student(freedom: int) -> float:
    """Return the two-sided quantile of Student's t at `LEVEL`."""
    try:
        from scipy.stats import t
    except ImportError:
        raise ResourceError("studies need scipy, which is not installed: pip install 'seqloom[metrics]'.") from None
    return float(t.ppf(0.5 + LEVEL / 2, freedom))
