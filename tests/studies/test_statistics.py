"""Statistics: intervals by hand, and rulings that follow from the interval alone, on either side of a bound."""

import math

import pytest

from seqloom.studies.statistics import Ruling, above, all_of, below, exactly, interval

FOUR = 3.182446305  # Student's t of three degrees of freedom, two-sided at 95 %


def test_an_interval_is_students_over_n_less_one() -> None:
    found = interval([1, 2, 3, 6])
    half = FOUR * math.sqrt((4 + 1 + 0 + 9) / 3) / 2
    assert found.mean == 3 and found.count == 4
    assert found.low == pytest.approx(3 - half, rel=1e-8) and found.high == pytest.approx(3 + half, rel=1e-8)
    assert str(interval([2, 2])) == "2 [2, 2]"


def test_one_seed_has_a_mean_alone_and_none_has_nothing() -> None:
    found = interval([5])
    assert found.mean == 5 and found.count == 1 and math.isnan(found.low) and math.isnan(found.high)
    assert str(found) == "5"
    for values in ([], [1, math.nan]):
        with pytest.raises(ValueError, match="no interval of"):
            interval(values)


@pytest.mark.parametrize(
    ("values", "bound", "outcome"),
    [
        ([1.0, 1.1, 0.9], 0.5, "holds"),
        ([1.0, 1.1, 0.9], 0.75, "holds"),  # the low end is 0.7516
        ([1.0, 1.1, 0.9], 0.76, "inconclusive"),
        ([1.0, 1.1, 0.9], 1.0, "inconclusive"),
        ([1.0, 1.1, 0.9], 1.24, "inconclusive"),  # the high end is 1.2484
        ([1.0, 1.1, 0.9], 1.25, "does not hold"),
        ([1.0, 1.0], 1.0, "does not hold"),  # on the bound is not beyond it
        ([1.0, 1.0], 0.99, "holds"),
    ],
)
def test_the_whole_interval_must_lie_beyond_a_bound(values: list[float], bound: float, outcome: str) -> None:
    found = above(values, bound, "gain")
    assert found.outcome == outcome
    assert found.reason.startswith("gain: 1 [") and found.reason.endswith(f"must be above {bound:g}")
    turned = below([-value for value in values], -bound, "gain")
    assert turned.outcome == outcome and turned.reason.endswith(f"must be below {-bound:g}")


def test_one_seed_rules_nothing() -> None:
    for found in (above([9.0], 0, "gain"), below([-9.0], 0, "gain"), above([-9.0], 0, "gain"), below([9.0], 0, "gain")):
        assert found.outcome == "inconclusive" and found.reason.endswith("; one seed has no interval")


def test_what_must_be_exact_is_so_at_every_seed() -> None:
    assert exactly([0.0, 0.0], 0, "difference") == Ruling("holds", "difference: 0 at worst of 2, must be 0")
    assert exactly([0.0, -1e-9], 0, "difference").reason == "difference: -1e-09 at worst of 2, must be 0"
    assert exactly([0.0, -1e-9], 0, "difference").outcome == "does not hold"
    assert exactly([math.nan, 0.0], 0, "difference").outcome == "does not hold"
    assert exactly([], 0, "difference").outcome == "does not hold"


def test_all_parts_of_a_claim_must_hold() -> None:
    yes, no, maybe = Ruling("holds", "a"), Ruling("does not hold", "b"), Ruling("inconclusive", "c")
    assert all_of([yes, yes], "both").answer == "holds"
    assert all_of([yes, maybe], "both").answer == "inconclusive"
    assert all_of([maybe, no, yes], "all").answer == "does not hold"
    assert all_of([], "none").answer == "inconclusive"
    told = all_of([yes, no], "both")
    assert told.test == "both" and told.reasons == ("a: holds", "b: does not hold")
