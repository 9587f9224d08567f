"""Errors of forecasts against numbers worked by hand."""

import math

import numpy as np
import pytest

from seqloom.errors import InputError
from seqloom.metrics.forecasting import Forecasting, mae, mase, mse, rmse, seasonal_scale, smape

TRUE = np.array([[10.0, 20.0, np.nan], [0.0, -4.0, 6.0]])
TOLD = np.array([[12.0, 17.0, 99.0], [0.0, 4.0, 6.0]])
"""Errors 2, 3, unknown; 0, 8, 0."""


def test_errors_leave_out_what_is_not_known() -> None:
    assert mae(TRUE, TOLD) == pytest.approx(13 / 5)
    assert mse(TRUE, TOLD) == pytest.approx(77 / 5)
    assert rmse(TRUE, TOLD) == pytest.approx(math.sqrt(77 / 5))
    np.testing.assert_allclose(mae(TRUE, TOLD, 1), [2.5, 8 / 3])
    np.testing.assert_allclose(rmse(TRUE, TOLD, 0), np.sqrt([2.0, 36.5, 0.0]))


def test_smape_is_in_percent_and_nothing_wrong_where_both_are_zero() -> None:
    wanted = [200 * 2 / 22, 200 * 3 / 37, 0.0, 200 * 8 / 8, 0.0]  # 10-12, 20-17, 0-0, -4-4, 6-6
    assert smape(TRUE, TOLD) == pytest.approx(sum(wanted) / 5)


def test_an_average_of_nothing_is_none_and_a_forecast_that_is_none_is_seen() -> None:
    found = mae([[np.nan, 1.0]], [[1.0, 1.5]], 0)
    assert math.isnan(found[0]) and found[1] == 0.5
    assert math.isnan(mae([1.0, 2.0], [np.nan, 2.0])), "a model that says NaN is not better for it"


def test_shapes_that_would_spread_are_refused() -> None:
    with pytest.raises(ValueError, match=r"forecasts \(2, 1\) for values \(2,\)"):
        mae([1.0, 2.0], [[1.0], [2.0]])


def test_the_scale_of_a_season() -> None:
    past = np.array([1.0, 5.0, 2.0, 9.0, 4.0])
    assert seasonal_scale(past) == pytest.approx((4 + 3 + 7 + 5) / 4)
    assert seasonal_scale(past, 2) == pytest.approx((1 + 4 + 2) / 3)
    np.testing.assert_allclose(seasonal_scale(np.stack([past, 2 * past], 1), 2), [7 / 3, 14 / 3])
    gap = np.array([1.0, np.nan, 2.0, 9.0, 4.0])
    assert seasonal_scale(gap, 2) == pytest.approx((1 + 2) / 2), "the pair with a gap is left out"
    assert math.isnan(seasonal_scale(past, 5)), "no two values are a season apart"
    with pytest.raises(InputError, match="season=0 cannot be used"):
        seasonal_scale(past, 0)


def test_mase_divides_by_the_training_part_and_leaves_out_what_cannot_be_divided() -> None:
    assert mase([10.0, 20.0], [12.0, 17.0], 2.5) == pytest.approx(1.0)
    scale = np.array([2.0, 0.0, 1.0])
    assert mase(TRUE, TOLD, scale) == pytest.approx((2 / 2 + 0 / 2 + 0 / 1) / 3), "the middle one is constant"
    assert math.isnan(mase([1.0], [2.0], 0.0))


def test_mase_of_the_seasonal_naive_method_on_its_own_training_part_is_one() -> None:
    past = np.random.default_rng(0).normal(size=(50, 2)).cumsum(0)
    for season in (1, 7):
        assert mase(past[season:], past[:-season], seasonal_scale(past, season), 0) == pytest.approx(np.ones(2))


def test_batches_add_up_to_the_whole() -> None:
    rng = np.random.default_rng(1)
    true, told = rng.normal(size=(6, 4, 2)), rng.normal(size=(6, 4, 2))
    true[0, 1] = np.nan
    scale = np.array([2.0, 0.0])
    levels = [0.1, 0.5, 0.9]
    quantiles = told[..., None] + np.array([-1.0, 0.0, 1.5])
    whole = Forecasting()
    for rows in (slice(0, 1), slice(1, 4), slice(4, 6)):
        whole.add(true[rows], told[rows], scale=scale, quantiles=quantiles[rows], levels=levels)
    from seqloom.metrics.intervals import crps_quantiles, pinball

    wanted = {
        "mae": mae(true, told),
        "mse": mse(true, told),
        "rmse": rmse(true, told),
        "smape": smape(true, told),
        "mase": mase(true, told, scale),
        "pinball": pinball(true, quantiles, levels),
        "crps": crps_quantiles(true, quantiles, levels),
    }
    assert whole.result() == pytest.approx({name: float(value) for name, value in wanted.items()})
    assert set(wanted) == set(whole.higher)


def test_nothing_known_is_nothing_to_measure() -> None:
    metric = Forecasting()
    metric.add([np.nan], [1.0])
    with pytest.raises(InputError, match="no value that was to be forecast is known"):
        metric.result()
    metric.add([1.0], [3.0])
    assert set(metric.result()) == {"mae", "mse", "rmse", "smape"}, "no scale, no MASE"
