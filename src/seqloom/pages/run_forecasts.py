"""Forecasts of what was held out beside what came, error by step, and the windows that were told worst."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.pages.run_look import thinned
from seqloom.report.figures import Figure, Line, Lines, Section, Table
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_batches import ForecastData
from seqloom.tasks.forecast_telling import has_distribution, last, tell
from seqloom.training.run import Run

ENDS = (0.1, 0.9)
"""Quantiles between which 80 % should lie."""
WINDOWS, SHOWN = 300, 6
"""Windows whose errors are looked at, and rows of the table of the worst."""
Floats = NDArray[np.float64]


def forecasts_part(run: Run, task: Forecasting, data: ForecastData, details: dict[str, Any]) -> list[Section]:
    """Return the parts of a page on forecasts and on their errors."""
    keys, true, told, low, high = _told(run, data)
    error = np.nanmean(np.abs(true - told), (1, 2))
    order = np.argsort(-np.nan_to_num(error, nan=-1.0), kind="stable")
    known = [int(at) for at in order if np.isfinite(error[at])]
    columns = list(data.laid.found.chosen.values)

    def drawn(title: str, at: int) -> Lines:
        return _drawn(
            title,
            data,
            keys[at],
            true[at],
            told[at],
            None if low is None else low[at],
            None if high is None else high[at],
        )

    figures: list[Figure] = [drawn("The latest window", int(np.argmax(keys[:, 1])))]
    if known:
        figures.append(drawn("A window of median error", known[len(known) // 2]))
        figures.append(drawn("The window of the largest error", known[0]))
    band = " The band should hold 80 % of what came." if low is not None else ""
    parts = [Section("Forecasts", f"What the run told of steps that it had not seen, and what came.{band}", figures)]
    rows = details.get("forecasts", ())
    if rows:
        names = [
            name
            for name in ("mae", "rmse", "mase", "smape", "crps", "coverage80", "coverage95")
            if any(name in row for row in rows)
        ]
        shown = [[row["forecast"], *(_rounded(row.get(name)) for name in names)] for row in rows]
        tables: list[Figure] = [
            Table("Beside forecasts that cost nothing", ["forecast", *names], shown),
            *_by_step(details),
        ]
        about = "The same windows for all; the naive forecasts see the same past, whole."
        parts.append(Section("Against naive forecasts", about, tables, [str(details["verdict"])]))
    worst = [(name_of(data, keys[at], columns), when(data, keys[at]), _rounded(error[at])) for at in known[:SHOWN]]
    middle = [
        (name_of(data, keys[at], columns), when(data, keys[at]), _rounded(error[at]))
        for at in known[len(known) // 2 - SHOWN // 2 :][:SHOWN]
    ]
    heads = ("series", "first step told", "mean absolute error")
    tables = [Table("The worst windows", heads, worst)]
    if len(known) > 2 * SHOWN:
        tables.append(Table("The most typical windows", heads, middle))
    parts.append(
        Section("Errors", f"Windows by their mean absolute error, of {len(keys):,} that were looked at.", tables)
    )
    return parts


def _told(run: Run, data: ForecastData) -> tuple[NDArray[np.int64], Floats, Floats, Floats | None, Floats | None]:
    """Return keys [windows, 2], and in the series' own units true values and those told [windows, horizon, channels],
    with the ends of the interval where the head tells it."""
    distribution = has_distribution(run.model)
    chosen, _ = thinned(data, WINDOWS)
    parts: list[tuple[Floats, ...]] = []
    rows: list[int] = []
    with torch.no_grad():
        for key in chosen:
            batch = data.load(key).to(run.device)
            outputs, _ = run.model(batch)
            told = tell(run.model, batch, data.form, ENDS if distribution else (), numbers=batch.rows, outputs=outputs)
            target = next(iter(batch.target.values())).values
            true = last(target, batch) if data.form == "aligned" else target
            lanes = [data.laid.lanes[track] for track in data.keys[list(batch.rows), 0]]
            center = np.stack([lane.scale.center for lane in lanes])[:, None]
            spread = np.stack([lane.scale.spread for lane in lanes])[:, None]
            values = [true, told.point, *(told.quantiles[..., at] for at in range(told.quantiles.shape[-1]))]
            parts.append(tuple(one.double().cpu().numpy() * spread + center for one in values))
            rows += batch.rows
    made = [np.concatenate(each) for each in zip(*parts, strict=True)]
    keys = data.keys[rows]
    return keys, made[0], made[1], made[2] if distribution else None, made[3] if distribution else None


def _drawn(
    title: str,
    data: ForecastData,
    key: NDArray[np.int64],
    true: Floats,
    told: Floats,
    low: Floats | None,
    high: Floats | None,
) -> Lines:
    """Draw the first channel of a window: what came before, what came, and what was told."""
    lane, origin = data.laid.lanes[key[0]], int(key[1])
    past = lane.pick(data.laid.filled[lane.series].series.truth[:origin])[-2 * data.laid.windows.horizon - 24 :, 0]
    before = np.arange(-len(past) + 1, 1, dtype=np.float64)
    after = np.arange(1, len(true) + 1, dtype=np.float64)
    lines = [
        Line("before", before, past),
        Line("what came", after, true[:, 0]),
        Line("told", after, told[:, 0], None if low is None else low[:, 0], None if high is None else high[:, 0]),
    ]
    columns = list(data.laid.found.chosen.values)
    name = name_of(data, key, columns)
    return Lines(f"{title}: {name}", lines, f"steps from {when(data, key, -1)} on", columns[lane.channel or 0])


def name_of(data: ForecastData, key: NDArray[np.int64], columns: list[str]) -> str:
    """Return the series of a window and its column."""
    lane = data.laid.lanes[key[0]]
    name = data.laid.filled[lane.series].series.name
    column = ", ".join(columns) if lane.channel is None else columns[lane.channel]
    return f"{name}: {column}" if name else column


def when(data: ForecastData, key: NDArray[np.int64], step: int = 0) -> str:
    """Return the time of a step of a window, 0 the first that is told, as the file writes it."""
    lane = data.laid.lanes[key[0]]
    one = data.laid.filled[lane.series].series
    return data.laid.found.when(one, min(int(key[1]) + step, len(one.stamps) - 1))


def _by_step(details: dict[str, Any]) -> list[Figure]:
    """Return the error of each method by step of the horizon."""
    lines = []
    for name, steps in details.get("by_step", {}).items():
        values = np.array([step.get("mae", np.nan) for step in steps])
        lines.append(Line(name, np.arange(1, len(values) + 1, dtype=np.float64), values))
    return [Lines("Error by how far ahead", lines, "steps ahead", "mean absolute error")] if lines else []


def _rounded(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(f"{value:.5g}")
