"""Pinball loss, CRPS, coverage and width: by hand, by numerical integration, and against each other."""

import math

import numpy as np
import pytest
import torch

from seqloom.errors import InputError
from seqloom.metrics.intervals import (
    crps_normal,
    crps_quantiles,
    crps_samples,
    interval_coverage,
    interval_width,
    pinball,
)


def test_pinball_by_hand() -> None:
    # y = 3 over q = 1 at 0.1: 0.1 * 2; under q = 5 at 0.9: 0.1 * 2; y = nan counts nothing
    true, quantiles = [3.0, np.nan], [[1.0, 5.0], [0.0, 0.0]]
    assert pinball(true, quantiles, [0.1, 0.9]) == pytest.approx(0.2)
    assert pinball([6.0], [[1.0, 5.0]], [0.1, 0.9]) == pytest.approx((0.1 * 5 + 0.9 * 1) / 2)
    assert pinball([0.0], [[1.0, 5.0]], [0.1, 0.9]) == pytest.approx((0.9 * 1 + 0.1 * 5) / 2)


def test_pinball_is_least_at_the_quantile() -> None:
    drawn = np.random.default_rng(0).exponential(size=4001)
    tries = np.linspace(0, 5, 501)
    losses = pinball(drawn[:, None].repeat(501, 1), tries[None, :, None].repeat(4001, 0), [0.8], 0)
    assert tries[losses.argmin()] == pytest.approx(np.quantile(drawn, 0.8), abs=0.02)


def integral(cdf: np.ndarray, x: np.ndarray, true: float) -> float:
    """Integrate (F(x) - [x >= y])^2 by the midpoint rule."""
    return float(((cdf - (x >= true)) ** 2).sum() * (x[1] - x[0]))


@pytest.mark.parametrize(("true", "mean", "spread"), [(0.3, 0.0, 1.0), (-4.0, 1.0, 2.0), (5.0, 5.0, 0.5)])
def test_crps_of_a_normal_is_its_integral(true: float, mean: float, spread: float) -> None:
    x = np.linspace(-40, 40, 400_001) + 1e-4
    cdf = torch.distributions.Normal(mean, spread).cdf(torch.from_numpy(x)).numpy()
    assert crps_normal([true], [mean], [spread]) == pytest.approx(integral(cdf, x, true), abs=1e-3)


def test_crps_of_a_normal_known_values() -> None:
    assert crps_normal([0.0], [0.0], [1.0]) == pytest.approx((math.sqrt(2) - 1) / math.sqrt(math.pi))
    assert crps_normal([3.0, np.nan], [1.0, 0.0], [0.0, 1.0]) == pytest.approx(2.0), "no spread: the absolute error"


def test_crps_of_samples_by_hand_and_by_integral() -> None:
    # |1-2|, |4-2| -> 1.5; pairs: (0 + 3 + 3 + 0) / 4 / 2 = 0.75
    assert crps_samples([2.0], [[4.0, 1.0]]) == pytest.approx(0.75)
    drawn = np.random.default_rng(2).normal(size=7)
    x = np.linspace(-6, 6, 600_001) + 1e-6
    cdf = (drawn[:, None] <= x).mean(0)
    assert crps_samples([0.4], [drawn]) == pytest.approx(integral(cdf, x, 0.4), abs=1e-4)
    assert crps_samples([[1.0, np.nan]], [[[3.0], [0.0]]]) == pytest.approx(2.0), "one sample: the absolute error"


def test_crps_of_even_quantiles_is_that_of_so_many_samples() -> None:
    rng = np.random.default_rng(3)
    true, quantiles = rng.normal(size=(5, 2)), np.sort(rng.normal(size=(5, 2, 8)), -1)
    levels = (np.arange(8) + 0.5) / 8
    np.testing.assert_allclose(crps_quantiles(true, quantiles, levels, 0), crps_samples(true, quantiles, 0))
    crossed = quantiles[..., ::-1]
    np.testing.assert_allclose(crps_quantiles(true, crossed, levels, 0), crps_samples(true, quantiles, 0))


def test_crps_of_many_quantiles_is_that_of_the_distribution() -> None:
    levels = (np.arange(999) + 0.5) / 999
    z = torch.distributions.Normal(0.0, 1.0).icdf(torch.from_numpy(levels)).numpy()
    true = np.array([0.0, 1.3, -2.0])
    wanted = crps_normal(true, 1.0, 2.0)
    assert crps_quantiles(true, 1 + 2 * z[None].repeat(3, 0), levels) == pytest.approx(wanted, abs=2e-3)
    uneven = np.array([0.005, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.995])
    z = torch.distributions.Normal(0.0, 1.0).icdf(torch.from_numpy(uneven)).numpy()
    assert crps_quantiles(true, 1 + 2 * z[None].repeat(3, 0), uneven) == pytest.approx(wanted, rel=0.03)


def test_coverage_counts_both_ends_and_width_only_what_is_known() -> None:
    true = np.array([[1.0, 2.0], [3.0, np.nan]])
    low, high = np.array([[1.0, 2.5], [0.0, 0.0]]), np.array([[2.0, 4.5], [3.0, 100.0]])
    assert interval_coverage(true, low, high) == pytest.approx(2 / 3)
    np.testing.assert_allclose(interval_coverage(true, low, high, 0), [1.0, 0.0])
    assert interval_width(true, low, high) == pytest.approx((1 + 2 + 3) / 3)
    assert math.isnan(interval_coverage([np.nan], [0.0], [1.0]))


@pytest.mark.parametrize("levels", [[], [0.5, 0.1], [0.0, 0.5], [0.5, 1.0], [0.5, 0.5], 0.5])
def test_levels_must_rise_between_zero_and_one(levels: list[float]) -> None:
    with pytest.raises(InputError, match="must rise, above 0 and below 1"):
        pinball([1.0], np.zeros((1, np.size(levels))), levels)


def test_as_many_quantiles_as_levels() -> None:
    with pytest.raises(ValueError, match="for 2 levels"):
        pinball([1.0], [[1.0, 2.0, 3.0]], [0.1, 0.9])
