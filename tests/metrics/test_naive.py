"""Naive, seasonal naive and drift against the formulas of FPP3, worked by hand and by simulation."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from seqloom.errors import InputError
from seqloom.metrics.naive import drift, naive, seasonal_naive

PAST = [3.0, 5.0, 4.0, 8.0]
"""Steps +2, -1, +4."""


def test_naive_by_hand() -> None:
    made = naive(PAST, 3)
    assert made.point.tolist() == [8.0] * 3
    s = math.sqrt((4 + 1 + 16) / 3)
    np.testing.assert_allclose(made.spread, s * np.sqrt([1, 2, 3]))
    low, high = made.interval(0.8)
    np.testing.assert_allclose(high - 8, 1.2815515655 * made.spread)
    np.testing.assert_allclose(low + high, 16.0)
    np.testing.assert_allclose(made.quantile(0.975) - 8, NormalDist().inv_cdf(0.975) * made.spread)


def test_seasonal_naive_by_hand() -> None:
    made = seasonal_naive([1.0, 2.0, 3.0, 5.0, 4.0, 7.0, 8.0], 7, 3)
    assert made.point.tolist() == [4.0, 7.0, 8.0, 4.0, 7.0, 8.0, 4.0]
    s = math.sqrt(((5 - 1) ** 2 + (4 - 2) ** 2 + (7 - 3) ** 2 + (8 - 5) ** 2) / 4)
    np.testing.assert_allclose(made.spread, s * np.sqrt([1, 1, 1, 2, 2, 2, 3]))


def test_drift_by_hand() -> None:
    made = drift(PAST, 2)
    slope = 5 / 3
    np.testing.assert_allclose(made.point, [8 + slope, 8 + 2 * slope])
    s = math.sqrt(((2 - slope) ** 2 + (-1 - slope) ** 2 + (4 - slope) ** 2) / 2)
    np.testing.assert_allclose(made.spread, [s * math.sqrt(1 + 1 / 3), s * math.sqrt(2 * (1 + 2 / 3))])


def test_channels_stand_for_themselves() -> None:
    rng = np.random.default_rng(0)
    past = rng.normal(size=(20, 3)).cumsum(0)
    for make in (naive, drift, lambda one, h: seasonal_naive(one, h, 4)):
        whole = make(past, 6)
        for channel in range(3):
            alone = make(past[:, channel], 6)
            np.testing.assert_allclose(whole.point[:, channel], alone.point)
            np.testing.assert_allclose(whole.spread[:, channel], alone.spread)


def test_a_gap_is_carried_over_and_makes_the_forecast_older() -> None:
    made = naive([3.0, 5.0, 4.0, np.nan], 2)
    assert made.point.tolist() == [4.0, 4.0]
    np.testing.assert_allclose(made.spread, math.sqrt((4 + 1) / 2) * np.sqrt([2, 3]))
    seasonal = seasonal_naive([1.0, 2.0, 3.0, 4.0, np.nan, 5.0], 3, 2)
    assert seasonal.point.tolist() == [3.0, 5.0, 3.0]
    np.testing.assert_allclose(seasonal.spread, math.sqrt((4 + 4 + 1) / 3) * np.sqrt([2, 1, 3]))
    line = drift([np.nan, 1.0, np.nan, 5.0, np.nan], 1)
    assert line.point.tolist() == [9.0], "2 a step, the last known value two steps back"
    nothing = naive([np.nan, np.nan], 2)
    assert np.isnan(nothing.point).all() and np.isnan(nothing.spread).all()


def test_too_little_to_have_a_spread() -> None:
    assert naive([4.0], 2).point.tolist() == [4.0, 4.0] and np.isnan(naive([4.0], 2).spread).all()
    assert drift([4.0], 2).point.tolist() == [4.0, 4.0] and np.isnan(drift([4.0], 2).spread).all()
    assert np.isnan(drift([4.0, 5.0], 1).spread).all(), "a line through two points has no error to learn from"
    assert np.isnan(seasonal_naive([1.0, 2.0], 1, 2).spread).all()


def test_the_interval_of_a_random_walk_covers_what_it_says() -> None:
    rng = np.random.default_rng(1)
    walks = rng.normal(size=(120, 3000)).cumsum(0)
    for make in (naive, drift):
        low, high = make(walks[:100], 20).interval(0.9)
        inside = (walks[100:] >= low) & (walks[100:] <= high)
        assert abs(inside.mean() - 0.9) < 0.02
        assert abs(inside[-1].mean() - 0.9) < 0.03


@pytest.mark.parametrize(
    ("past", "horizon", "season", "said"),
    [
        ([1.0, 2.0], 1, 3, "repeats 3 values, and the past has 2"),
        ([], 1, 1, "repeats 1 values, and the past has 0"),
        ([1.0], 0, 1, "season=1, horizon=0"),
        ([1.0], 1, 0, "season=0, horizon=1"),
    ],
)
def test_what_cannot_be_done_is_said(past: list[float], horizon: int, season: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        seasonal_naive(past, horizon, season)
