"""Backtest: every origin, by hand, with the naive forecasts that the same past gives."""

from pathlib import Path

import numpy as np
import pytest
import torch

from seqloom.build import build
from seqloom.metrics.forecasting import mae, seasonal_scale
from seqloom.metrics.naive import drift, naive, seasonal_naive
from seqloom.tasks.backtest import ForecastMeter
from seqloom.training.validate import validate

from .series_files import DECODER, learnt, monthly, months, trained, waves, write


def measured(path: Path, *settings: str) -> tuple[dict, dict, ForecastMeter]:
    task, _ = learnt(path, *settings)
    torch.manual_seed(0)
    model = build(task.spec, task.wiring())
    data = task.evaluation(None, print, False)
    meter = task.meter(model, data)
    assert isinstance(meter, ForecastMeter)
    return validate(model, data, meter), meter.details(), meter


def test_the_naive_forecasts_are_those_of_each_past(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 96, 2)
    _, details, _ = measured(path, "data.test=12", "data.valid=8")
    truth = waves(96, 2)
    ways = {
        "naive": lambda past: naive(past, 4),
        "seasonal naive": lambda past: seasonal_naive(past, 4, 12),
        "drift": lambda past: drift(past, 4),
    }
    rows = {row["forecast"]: row for row in details["forecasts"]}
    assert details["origins"] == 9 and details["season"] == 12
    for name, way in ways.items():
        told = np.stack([way(truth[:origin]).point for origin in range(84, 93)])
        true = np.stack([truth[origin : origin + 4] for origin in range(84, 93)])
        assert np.isclose(rows[name]["mae"], float(mae(true, told))), name
        by_step = [float(mae(true[:, step], told[:, step])) for step in range(4)]
        assert np.allclose([one["mae"] for one in details["by_step"][name]], by_step)
        scale = seasonal_scale(truth[:76], 12)
        assert np.isclose(rows[name]["mase"], float((np.abs(true - told) / scale).mean())), name


def test_spreads_of_the_naive_are_measured_where_the_model_has_one(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 96)
    _, details, _ = measured(path, "heads.forecast=normal")
    assert all(0 <= row["coverage80"] <= row["coverage95"] <= 1 and row["crps"] > 0 for row in details["forecasts"])
    _, details, _ = measured(path)
    assert not any("crps" in row for row in details["forecasts"])


def test_missing_values_give_the_same_naive_forecasts_as_the_metric(tmp_path: Path) -> None:
    values: list = waves(96)[:, 0].tolist()
    for place in (80, 86, 87):
        values[place] = ""
    path = write(tmp_path / "a.csv", {"month": months(96), "v": values})
    _, details, _ = measured(path, "series.gaps=previous", "data.test=12", "data.valid=8")
    truth = np.array([float(one) if one != "" else np.nan for one in values])[:, None]
    for row, way in zip(
        details["forecasts"][1:], (naive, lambda past, h: seasonal_naive(past, h, 12), drift), strict=True
    ):
        told = np.stack([way(truth[:origin], 4).point for origin in range(84, 93)])
        true = np.stack([truth[origin : origin + 4] for origin in range(84, 93)])
        assert np.isclose(row["mae"], float(mae(true, told)))


def test_without_a_season_there_is_no_seasonal_forecast(tmp_path: Path) -> None:
    _, details, _ = measured(monthly(tmp_path / "a.csv", 96), "series.season=1")
    assert [row["forecast"] for row in details["forecasts"]] == ["model", "naive", "drift"]


def test_a_validation_measures_the_model_alone(tmp_path: Path) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 96))
    model = build(task.spec, task.wiring())
    _, held = task.training(print, False)
    assert held is not None
    meter = task.meter(model, held)
    values = validate(model, held, meter)
    assert {"loss", "mae", "rmse", "mase", "smape", "scaled.mse"} <= set(values) and meter.details() == {}
    assert np.isclose(values["loss"], values["scaled.mse"], rtol=1e-5), "mse in units of the training part is the loss"


def test_intervals_do_not_depend_on_which_windows_come_together(tmp_path: Path) -> None:
    settings = (*DECODER, "series.form=sequence", "series.horizon=3", "heads.forecast=normal")
    run = trained(monthly(tmp_path / "a.csv", 60), tmp_path / "run", *settings)
    found = []
    for tokens in (4096, 30):
        run.spec.fit.batch_tokens = tokens
        found.append(run.evaluate()["forecasts"][0])
    assert found[0]["width80"] > 0
    for name in ("coverage80", "width80", "crps", "pinball", "mae"):
        assert found[0][name] == pytest.approx(found[1][name], rel=1e-4), name
