"""Errors by step of the horizon, equal to the metrics by hand, and what is said of the model."""

import numpy as np
import pytest

from seqloom.metrics.forecasting import mae, mase, rmse, smape
from seqloom.metrics.intervals import crps_quantiles, interval_coverage, interval_width, pinball
from seqloom.tasks.forecast_errors import LEVELS, Errors, plain, verdict


def drawn(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    true, point = random.normal(5, 1, (2, 9, 4, 2))
    true[2, 1, 0] = np.nan
    quantiles = np.sort(point[..., None] + random.normal(size=(9, 4, 2, len(LEVELS))), -1)
    return true, point, np.array([[[0.5, 2.0]]]), quantiles


def test_errors_are_the_metrics_in_batches_of_any_size() -> None:
    true, point, scale, quantiles = drawn()
    errors = Errors(4)
    for rows in (slice(0, 2), slice(2, 3), slice(3, 9)):
        errors.add(true[rows], point[rows], scale, quantiles[rows])
    found = errors.result()
    wanted = {
        "mae": mae(true, point),
        "rmse": rmse(true, point),
        "smape": smape(true, point),
        "mase": mase(true, point, scale),
        "pinball": pinball(true, quantiles, LEVELS),
        "crps": crps_quantiles(true, quantiles, LEVELS),
        "coverage80": interval_coverage(true, quantiles[..., 1], quantiles[..., 9]),
        "width95": interval_width(true, quantiles[..., 0], quantiles[..., 10]),
    }
    for name, value in wanted.items():
        assert np.isclose(found[name], float(value)), name


def test_each_step_is_measured_by_itself() -> None:
    true, point, scale, quantiles = drawn()
    errors = Errors(4)
    errors.add(true, point, scale, quantiles)
    for step, found in enumerate(errors.by_step()):
        assert np.isclose(found["mae"], float(mae(true[:, step], point[:, step])))
        assert np.isclose(found["rmse"], float(rmse(true[:, step], point[:, step])))


def test_what_cannot_be_scaled_is_left_out() -> None:
    true, point, _, _ = drawn()
    errors = Errors(4)
    errors.add(true, point, np.array([[[np.nan, 2.0]]]))
    assert np.isclose(errors.result()["mase"], float(mae(true[..., 1], point[..., 1])) / 2)
    errors = Errors(4)
    errors.add(true, point, np.zeros((1, 1, 2)))
    assert "mase" not in errors.result() and "crps" not in errors.result() and "mae" in errors.result()
    assert plain({"model": errors})[0]["forecast"] == "model"


@pytest.mark.parametrize(
    ("ours", "beats", "said"),
    [(0.8, True, "The model beats the best naive forecast (seasonal naive): MASE 0.8 against 1, 20.0% less."),
     (1.2, False, "does NOT beat the seasonal naive forecast, which costs nothing: MASE 1.2 against 1, 20.0% more"),
     (1.0, False, "as much"), (float("nan"), False, "does NOT beat")],
)  # fmt: skip
def test_the_verdict_is_said_in_words(ours: float, beats: bool, said: str) -> None:
    rows = {
        "model": {"mase": ours, "mae": 0},
        "naive": {"mase": 2.0, "mae": 9},
        "seasonal naive": {"mase": 1.0, "mae": 9},
    }
    found = verdict(rows, ["naive", "seasonal naive"])
    assert found[0] is beats and said in found[1]


def test_without_a_scale_it_is_the_mean_error_that_counts() -> None:
    rows = {"model": {"mae": 2.0}, "naive": {"mae": 1.0, "mase": 1.0}}
    assert verdict(rows, ["naive"])[1].startswith(
        "The model does NOT beat the naive forecast, which costs nothing: MAE 2"
    )
