"""Statistics: intervals and tests by hand where a closed form exists, laws where none does, and what they cover."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.comparing.resampling import Floats
from seqloom.comparing.statistics import (
    Estimate,
    Scores,
    hedges,
    holm,
    interval_over_both,
    interval_over_seeds,
    stand,
)
from seqloom.comparing.student import outside, quantile

THREE = 4.302652729749  # Student's t of two degrees of freedom, two-sided at 95 %


def ratio(sums: Floats) -> Floats:
    return sums[..., 0] / sums[..., 1]


def rights(*rows: Floats) -> Floats:
    """Stats [seeds, items, 2] of values [items] a seed."""
    return np.stack([np.stack([row, np.ones_like(row)], -1) for row in rows]).astype(np.float64)


def made(seed: int, centre: float, seeds: int = 3, items: int = 200, apart: float = 0.02) -> Floats:
    """Right or wrong, of seeds that are apart, on rows that are harder and easier for all."""
    rng, rows = np.random.default_rng(seed), np.random.default_rng(99).normal(0, 0.2, items)
    return rights(*(rng.random((seeds, items)) < centre + rows + apart * rng.normal(0, 1, (seeds, 1))))


def test_over_seeds_it_is_students_interval() -> None:
    told = interval_over_seeds([1, 2, 6])
    half = THREE * math.sqrt((4 + 1 + 9) / 2 / 3)
    assert told.mean == 3 and told.half == pytest.approx(half) and told.low == pytest.approx(3 - half)
    assert interval_over_seeds([2.5]) == Estimate(2.5)
    assert interval_over_seeds([1.0, math.nan]).low is None


def test_where_items_make_no_difference_seeds_alone_do() -> None:
    """Each seed has one value on every item: the mean's interval is Student's, the difference's Welch's."""
    a, b = [0.5, 0.6, 0.8], [0.1, 0.3]
    told = stand({"a": rights(*(np.full(50, x) for x in a)), "b": rights(*(np.full(50, x) for x in b))}, ratio)
    one = told.archs[0]
    assert one.seeds == 3 and one.mean == pytest.approx(0.63333333)
    assert (one.hlow, one.hhigh) == (pytest.approx(one.low), pytest.approx(one.high))
    parts = [np.var(x, ddof=1) / len(x) for x in (a, b)]
    df = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2)
    half = quantile(float(df)) * math.sqrt(sum(parts))
    pair = told.pairs[0]
    assert pair.high is not None and pair.high - pair.difference == pytest.approx(half)
    assert pair.p == pytest.approx(outside(pair.difference / math.sqrt(sum(parts)), float(df)), rel=1e-4)


def test_where_seeds_are_the_same_items_alone_do() -> None:
    """Two copies of one network each: the difference's interval is the paired one over items."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(1, 1, 300), rng.normal(0.9, 1, 300)
    y += x  # items are hard for both
    told = stand({"x": rights(x, x), "y": rights(y, y)}, ratio, draws=20_000).pairs[0]
    half = quantile(299) * (x - y).std(ddof=1) / math.sqrt(300)
    assert told.difference == pytest.approx((x - y).mean())
    assert told.high is not None and told.high - told.difference == pytest.approx(half, rel=0.02)
    assert told.effect is None  # seeds have no spread to tell it by


def test_the_spread_counts_what_a_seed_makes_of_an_item_once() -> None:
    """V = S^2 / n + I - R / n by sums of squares, and t between Satterthwaite's and Cochran's."""
    rng = np.random.default_rng(3)
    values = 0.1 * rng.normal(0, 1, (4, 1)) + rng.normal(0, 2, 500) + rng.normal(0, 1.5, (4, 500))
    told = interval_over_both(rights(*values), ratio, draws=40_000)
    means = values.mean(1)
    seeds = means.var(ddof=1) / 4
    items = values.mean(0).var(ddof=1) / 500
    own = ((values - values.mean(0)) - (means - means.mean())[:, None]) ** 2
    items -= own.sum() / 3 / 499 / 500 / 4
    spread = seeds + items
    joined = quantile(float(spread**2 / (seeds**2 / 3 + items**2 / 499)))
    weighed = (seeds * quantile(3) + items * quantile(499)) / spread
    assert told.half == pytest.approx((joined + weighed) / 2 * math.sqrt(spread), rel=0.015)
    assert told.mean == pytest.approx(values.mean()) and told.p is None


def test_the_spread_by_hand() -> None:
    """S^2 = 0.5. Means of draws 1.5, 3.5, 5.5 have I = 4; each seed's own way is -0.5, 0.5, -1.5, so R = (1 + 1) / 1.
    I - R / 2 = 3, times 5 / 4 for drawing five items with replacement; V = 0.25 + 3.75."""
    draws = {"a": np.array([[1.0, 2], [4, 3], [4, 7]]), "b": np.zeros((3, 2))}  # b adds nothing
    held = Scores({"a": np.array([1.0, 2]), "b": np.zeros(2)}, draws, {"a": 5, "b": 5})
    joined = quantile(4**2 / (0.25**2 / 1 + 3.75**2 / 4))
    weighed = (0.25 * quantile(1) + 3.75 * quantile(4)) / 4
    told = held.estimate({"a": 1, "b": 1})
    assert told.mean == 1.5 and told.half == pytest.approx((joined + weighed) / 2 * 2)
    assert held.estimate({"a": -3, "b": 0}).half == pytest.approx(3 * (joined + weighed))


def test_on_other_items_too_a_mean_is_no_surer_than_on_these() -> None:
    """Items weigh a little, so that t is shorter than Student's of two degrees, and by more than V is larger."""
    held = Scores({"a": np.array([1.0, 2, 3])}, {"a": np.array([[1.0, 2, 3], [1.1, 2.1, 3.1]])}, {"a": 50})
    told, seeds = held.estimate({"a": 1}), interval_over_seeds(held.values["a"])
    assert (told.low, told.high) == (seeds.low, seeds.high) and told.half == seeds.half
    assert held.estimate({"a": -2}).half == pytest.approx(2 * THREE / math.sqrt(3))
    wide = Scores(held.values, {"a": np.array([[1.0, 2, 3], [3.0, 4, 5]])}, {"a": 50}).estimate({"a": 1})
    assert wide.half is not None and seeds.half is not None and wide.half > 1.2 * seeds.half


def test_items_that_two_see_alike_count_for_neither() -> None:
    hard = np.random.default_rng(4).normal(0, 5, 400)
    shifts = np.array([0.0, 0.1, -0.1])
    a, b = rights(*(hard + shift for shift in shifts)), rights(*(hard + 1 + shift for shift in shifts))
    told = stand({"a": a, "b": b}, ratio)
    assert told.pairs[0].shown and told.pairs[0].difference == pytest.approx(-1)
    assert told.pairs[0].p is not None and told.pairs[0].p < 0.001
    one = told.archs[0]
    assert one.hhigh is not None and one.hlow is not None and one.high is not None and one.low is not None
    assert one.hhigh - one.hlow > 1.3 * (one.high - one.low)  # alone, it is judged on these items and not on others


def test_one_seed_has_no_interval_and_no_test() -> None:
    told = stand({"a": made(0, 0.7), "b": made(1, 0.2, seeds=1), "c": made(2, 0.71)}, ratio)
    assert [one.hlow is None for one in told.archs] == [False, True, False]
    assert [one.low is None for one in told.archs] == [False, True, False]
    pair = told.pair("b", "a")
    assert (pair.p, pair.p_holm, pair.low, pair.effect, pair.shown) == (None, None, None, None, False)
    assert pair.difference > 0.4
    assert told.pair("a", "c").p_holm == told.pair("c", "a").p  # the only test there is


def test_one_item_has_no_interval_either() -> None:
    told = stand({"a": made(0, 0.7, items=1), "b": made(1, 0.2, items=1)}, ratio)
    assert told.archs[0].hlow is None and told.pairs[0].p is None and not told.pairs[0].shown


def test_what_never_varies_is_shown_by_no_more_than_its_items() -> None:
    def apart(items: int) -> float | None:
        always, never = np.ones(items), np.zeros(items)
        told = stand({"a": rights(always, always, always), "b": rights(never, never, never)}, ratio, draws=50)
        assert (told.pairs[0].difference, told.pairs[0].low, told.archs[0].hhigh) == (1, None, None)
        return told.pairs[0].p

    assert [apart(items) for items in (2, 5, 6)] == [0.5, 2.0**-4, 2.0**-5]
    same = stand({"a": rights(np.ones(9), np.ones(9)), "b": rights(np.ones(9), np.ones(9))}, ratio, draws=50)
    assert same.pairs[0].p == 1 and not same.pairs[0].shown


def test_a_value_that_is_no_number_has_neither_interval_nor_test() -> None:
    told = stand({"a": made(0, 0.7), "b": np.zeros((3, 200, 2))}, ratio, draws=50)
    assert math.isnan(told.archs[1].mean) and told.archs[1].hlow is None and told.pairs[0].p is None
    assert told.to_dict()["archs"][1]["mean"] is None
    assert told.to_dict()["pairs"][0]["difference"] is None and told.archs[0].hlow is not None


def test_draws_without_a_value_are_left_out_but_not_when_they_are_most() -> None:
    rare = np.zeros((2, 40, 2))
    rare[:, :2] = [[[1, 1], [0, 1]], [[1, 1], [1, 1]]]  # a draw misses both with chance (38 / 40)^40 = 0.13
    told = stand({"a": rare}, ratio)
    assert told.archs[0].mean == 0.75 and told.archs[0].hlow is not None
    values = {"a": np.array([0.5, 0.6])}
    some, most = np.full((10, 2), 0.5), np.full((10, 2), 0.5)
    some[:5, 0], most[:6, 1] = np.nan, np.nan
    assert Scores(values, {"a": some}, {"a": 40}).estimate({"a": 1}).low is not None
    assert Scores(values, {"a": most}, {"a": 40}).estimate({"a": 1}).low is None


def test_an_item_that_does_not_bear_on_the_value_is_none() -> None:
    """F1: a sentence without a span, in truth or in answer, is no evidence."""
    stats = np.zeros((2, 50, 2))
    stats[:, 3] = 1
    assert stand({"a": stats}, ratio, 300).archs[0].hlow is None  # rests on one item
    stats[:, 4] = [[1, 1], [0, 1]]
    told = stand({"a": stats, "b": made(0, 0.5, items=50)}, ratio, 300)
    assert told.scores.items == {"a": 2, "b": 50}
    assert told.pairs[0].p is not None and told.pairs[0].p >= 0.5  # two items are two coins


def test_stats_of_other_items_are_refused() -> None:
    for other in (made(1, 0.5, items=199), made(1, 0.5)[:, :, :1], made(1, 0.5)[:0], made(1, 0.5)[0]):
        with pytest.raises(ValueError, match="same items"):
            stand({"a": made(0, 0.5), "b": other}, ratio)


def test_a_group_over_another_is_the_difference_of_its_mean() -> None:
    told = stand({"a": made(0, 0.7), "b": made(1, 0.6), "c": made(2, 0.4)}, ratio)
    means = {one.arch: one.mean for one in told.archs}
    both = told.scores.estimate({"a": 0.5, "b": 0.5, "c": -1})
    assert both.mean == pytest.approx((means["a"] + means["b"]) / 2 - means["c"])
    alone = [told.scores.estimate({one: 1, "c": -1}).half for one in "ab"]
    assert both.half is not None and both.half < max(half for half in alone if half is not None)
    assert both.p is not None and both.p < 0.05


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_turning_a_pair_round_turns_its_numbers_round(seed: int, m: int, n: int) -> None:
    a, b = made(seed, 0.6, m, 60), made(seed + 1, 0.65, n, 60)
    one, other = (stand(scores, ratio, 200).pairs[0] for scores in ({"a": a, "b": b}, {"b": b, "a": a}))
    assert other.difference == -one.difference and other.p == pytest.approx(one.p, rel=1e-6)
    assert one.low is not None and other.high == pytest.approx(-one.low)
    assert other.effect == (None if one.effect is None else pytest.approx(-one.effect))
    assert (one.p is not None and one.p < 0.05) == (one.low > 0 or (one.high is not None and one.high < 0))


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_order_of_items_and_of_seeds_does_not_matter(seed: int) -> None:
    a, b = made(seed, 0.6), made(seed + 1, 0.65)
    order = np.random.default_rng(seed).permutation(200)
    one = stand({"a": a, "b": b}, ratio).pairs[0]
    other = stand({"a": a[:, order], "b": b[::-1, order]}, ratio).pairs[0]
    assert other.difference == pytest.approx(one.difference)
    assert one.high is not None and other.high is not None
    assert other.high - other.difference == pytest.approx(one.high - one.difference, rel=0.2)  # the draws are others


@given(st.floats(0.1, 10), st.floats(-3, 3))
@settings(max_examples=15, deadline=None)
def test_another_unit_changes_no_test(scale: float, shift: float) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(1, 1, (3, 40)), rng.normal(1.5, 1, (3, 40))
    one = stand({"x": rights(*x), "y": rights(*y)}, ratio, 200).pairs[0]
    other = stand({"x": rights(*(scale * x + shift)), "y": rights(*(scale * y + shift))}, ratio, 200).pairs[0]
    assert other.p == pytest.approx(one.p, rel=1e-4) and other.effect == pytest.approx(one.effect, rel=1e-6)
    assert other.difference == pytest.approx(scale * one.difference)


def test_holm_by_hand() -> None:
    """Sorted 0.01, 0.02, 0.03, 0.6: times 4, 3, 2, 1; the third, 0.06, is no less than the second."""
    assert holm([0.03, 0.01, 0.6, 0.02]) == [pytest.approx(0.06), 0.04, 0.6, 0.06]
    assert holm([0.011, 0.02, 0.02]) == [pytest.approx(0.033), 0.04, 0.04]
    assert holm([0.02, 0.5, 0.3]) == [0.06, 0.6, 0.6]  # never below the one before
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([0.0, 0.03]) == [0, 0.03]
    assert holm([None, 0.02, None, 0.04]) == [None, 0.04, None, 0.04]
    assert holm([None]) == [None] and holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_lies_between_p_and_bonferroni(chances: list[float]) -> None:
    told = holm(chances)
    for p, corrected in zip(chances, told, strict=True):
        assert corrected is not None and p <= corrected <= min(1, len(chances) * p)
    by_p = [told[place] or 0 for place in np.argsort(chances, kind="stable")]
    assert by_p == sorted(by_p)


def test_shown_is_holms_word_and_not_ps() -> None:
    found = 0
    for seed in range(40):
        told = stand(
            {name: made(5 * seed + place, 0.5 + 0.05 * (place > 2)) for place, name in enumerate("abcd")}, ratio, 200
        )
        assert [pair.p_holm for pair in told.pairs] == holm([pair.p for pair in told.pairs])
        for pair in told.pairs:
            assert pair.p is not None and pair.p_holm is not None
            assert pair.shown == (pair.p_holm < 0.05)
            found += pair.p < 0.05 and not pair.shown
    assert found  # else this test would not tell p from Holm's


def test_hedges_g_by_hand() -> None:
    a, b = np.array([3.0, 5, 7]), np.array([1.0, 2])
    pooled = math.sqrt((8 + 0.5) / 3)
    assert hedges(a, b) == pytest.approx(3.5 / pooled * (1 - 3 / 11))
    assert hedges(a, a) == 0 and hedges(np.ones(2), np.zeros(2)) is None and hedges(a, b[:1]) is None


def test_no_interval_goes_beyond_what_values_there_can_be() -> None:
    a, b = (rights(*(np.full(20, x) for x in of)) for of in ([0.94, 0.97, 1.0], [0.0, 0.03, 0.06]))
    free, cut = (stand({"a": a, "b": b}, ratio, 200, bounds=bounds) for bounds in ((-math.inf, math.inf), (0.0, 1.0)))
    one, other = free.archs[0], cut.archs[0]
    assert one.high is not None and one.high > 1 and other.high == 1 and other.low == one.low
    assert one.hhigh is not None and one.hhigh > 1 and other.hhigh == 1 and other.hlow == one.hlow
    assert cut.archs[1].low == 0 and cut.archs[1].hlow == 0
    pair, least = cut.pairs[0], free.pairs[0].low
    assert pair.high == 1 and pair.low == least and pair.p == free.pairs[0].p
    assert cut.scores.estimate({"a": -2.0}).low == -2 and cut.scores.estimate({"a": 3, "b": -1}).high == 3
    halves = [told.scores.estimate({"a": 1, "b": -1}).half for told in (free, cut)]
    assert halves[0] == halves[1] and halves[0] is not None and halves[0] > 0.06
    only = interval_over_both(a, ratio, 200, bounds=(0, 1))
    assert only.high == 1 and interval_over_seeds([0.9, 1.0, 0.8], (0.0, 1.0)).high == 1


def test_the_dict_is_plain() -> None:
    told = stand({"a": made(0, 0.7), "b": made(1, 0.6)}, ratio, 100).to_dict()
    assert set(told) == {"archs", "pairs"}
    assert set(told["archs"][0]) == {"arch", "seeds", "mean", "low", "high", "hlow", "hhigh"}
    assert set(told["pairs"][0]) == {"a", "b", "difference", "low", "high", "p", "p_holm", "effect", "shown"}
    assert type(told["pairs"][0]["shown"]) is bool and type(told["pairs"][0]["p"]) is float


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("apart", [0.0, 0.15, 0.6])
def test_intervals_cover_the_truth_and_alarms_are_few(seeds: int, apart: float) -> None:
    """500 draws: a true 95 % lies within 92 to 98 nearly always, and 5 % of false alarms below 8."""
    rng = np.random.default_rng(11)
    truths = [0.5 * math.erfc(-centre / math.sqrt(2 * (2 + apart**2))) for centre in (0.1, 0.4)]
    covered, alarmed = [], []
    for _ in range(500):
        rows = rng.normal(0, 1, 300)
        a, b, c = (
            rights(*(rows + rng.normal(0, 1, (seeds, 300)) + apart * rng.normal(0, 1, (seeds, 1)) + centre > 0))
            for centre in (0.1, 0.4, 0.1)
        )
        told = stand({"a": a, "b": b, "c": c}, ratio, 400)
        pair, same, one = told.pair("a", "b"), told.pair("a", "c"), told.archs[0]
        assert pair.low is not None and pair.high is not None and same.p is not None
        assert one.hlow is not None and one.hhigh is not None
        covered.append((pair.low <= truths[0] - truths[1] <= pair.high, one.hlow <= truths[0] <= one.hhigh))
        alarmed.append(same.p < 0.05)
    differences, means = np.mean(covered, 0)
    assert 0.92 <= differences <= 0.985 and 0.92 <= means <= 0.985
    assert np.mean(alarmed) <= 0.08
