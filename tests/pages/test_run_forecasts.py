"""Forecasts on the page: true and told in the units of the file, at the times of the file, the worst first."""

from collections.abc import Callable

import numpy as np
import pytest

from seqloom.pages.run_forecasts import forecasts_part, name_of, when
from seqloom.report.figures import Lines, Table
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_batches import ForecastData
from seqloom.training.run import Run
from seqloom.training.validate import validate

Kept = Callable[[str], tuple[Run, str | None]]


def parts(kept: Kept) -> tuple[Run, ForecastData, dict[str, dict[str, Lines | Table]]]:
    run, _ = kept("forecast")
    assert isinstance(run.task, Forecasting)
    data = run.task.evaluation(None, lambda note: None, False)
    assert isinstance(data, ForecastData)
    meter = run.task.meter(run.model, data)
    validate(run.model, data, meter)
    found = forecasts_part(run, run.task, data, meter.details())
    return run, data, {part.title: {one.title: one for one in part.figures} for part in found}  # type: ignore[misc]


def test_what_came_is_what_the_file_has_and_errors_are_those_of_evaluate(kept: Kept) -> None:
    run, _, found = parts(kept)
    with open("months.csv", encoding="utf-8") as file:
        rows = [line.strip().split(",") for line in file][1:]
    latest = found["Forecasts"]["The latest window: visits"]
    assert isinstance(latest, Lines)
    before, came, told = latest.lines
    assert came.y == pytest.approx([float(value) for _, value in rows[-4:]], abs=1e-3)
    assert before.y[-1] == pytest.approx(float(rows[-5][1]), abs=1e-3) and latest.x == f"steps from {rows[-5][0]} on"
    assert told.low is not None and told.high is not None and (told.low < told.high).all()
    worst = found["Errors"]["The worst windows"]
    assert isinstance(worst, Table)
    errors = [float(row[2] or 0) for row in worst.rows]
    assert errors == sorted(errors, reverse=True) and np.mean(errors) > run.evaluate()["mae"]


def test_the_naive_forecasts_stand_beside(kept: Kept) -> None:
    run, _, found = parts(kept)
    table = found["Against naive forecasts"]["Beside forecasts that cost nothing"]
    assert isinstance(table, Table)
    shown = {row[0]: row[1] for row in table.rows}
    assert set(shown) == {"model", "naive", "seasonal naive", "drift"}
    assert shown["model"] == pytest.approx(run.evaluate()["mae"], rel=1e-4)
    steps = found["Against naive forecasts"]["Error by how far ahead"]
    assert isinstance(steps, Lines) and [len(line.x) for line in steps.lines] == [4] * 4


def test_windows_are_named_by_series_column_and_time(kept: Kept) -> None:
    _, data, _ = parts(kept)
    key = data.keys[0]
    assert name_of(data, key, ["visits"]) == "visits"
    with open("months.csv", encoding="utf-8") as file:
        times = [line.split(",")[0] for line in file][1:]
    assert when(data, key) == times[int(key[1])] and when(data, key, -1) == times[int(key[1]) - 1]
    assert when(data, data.keys[-1], 10_000) == times[-1]
