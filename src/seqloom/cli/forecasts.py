"""Forecasts on the command line: the steps to come as CSV or JSON, a picture of them, and the table of a backtest."""

import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqloom.cli.output import document, note, number
from seqloom.cli.ways import LABELLING, WRITING, Wish, percentages
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.tasks.forecast_answers import Forecast
    from seqloom.training.run import Run

OWN = {"horizon", "level", "plot"}
"""Options of predict that are for forecasts alone."""
SHARED = {"samples", "seed"}
PICTURES = (".png", ".svg", ".html")
COLUMNS = {"mae": "MAE", "rmse": "RMSE", "mase": "MASE", "smape": "sMAPE", "pinball": "pinball", "crps": "CRPS"}
COLUMNS |= {"coverage80": "in 80 %", "width80": "width", "coverage95": "in 95 %", "width95": "width "}


def predict(run: "Run", file: str | None, format: str | None, wish: Wish) -> None:
    """Write the steps after the last of a file, of the training file where none is named.

    Raises InputError for options of other tasks, and for what must be known of the steps to come and is not.
    """
    wish.refuse(run, (LABELLING | WRITING) - SHARED, "is for texts")
    plot = wish.asked.get("plot")
    if plot is not None and Path(plot).suffix.lower() not in PICTURES:
        raise InputError(f"--plot {plot}: the name must end in {', '.join(PICTURES)}.")
    if file == "-":
        raise InputError("a series is read from a file, not from standard input: name it.")
    path = file or str(run.spec.data.train)
    if format is not None:
        run.spec.data.format = format  # type: ignore[assignment]
    if file is None:
        note(f"going on from the end of the training file, {path}")
    options = {name: wish.asked[name] for name in ("horizon", "samples", "seed") if name in wish.asked}
    levels = percentages(wish.asked["level"]) if "level" in wish.asked else []
    answers = run.predict_file(path, say=note, levels=levels, **options)
    found: list[Forecast] = [answer for _, answer in answers]
    if plot is not None:
        _draw(found, Path(plot))
    if wish.json:
        document([_plain(one) for one in found])
        return
    header = (run.spec.series.time if run.spec.series else None) or "step"
    name = run.spec.series.id if run.spec.series else None
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for place, one in enumerate(found):
        if place == 0:
            writer.writerow([*([name] if name else []), " ".join(header.split(",")), *_columns(one)])
        for row in _rows(one):
            writer.writerow([*([one.series] if name else []), *row])


def _columns(one: "Forecast") -> list[str]:
    names = []
    for column in one.columns:
        names.append(column)
        names += [f"{column}.{side}{level:g}" for level in one.low for side in ("low", "high")]
        names += [f"{column}.sample{place + 1}" for place in range(one.paths.shape[-1])]
    return names


def _rows(one: "Forecast") -> list[list[str]]:
    rows = []
    for step, time in enumerate(one.times):
        row = [time]
        for column in range(len(one.columns)):
            values = [one.point[step, column]]
            values += [ends[level][step, column] for level in one.low for ends in (one.low, one.high)]
            row += [f"{value:.6g}" for value in (*values, *one.paths[step, column])]
        rows.append(row)
    return rows


def _plain(one: "Forecast") -> dict[str, Any]:
    """Return a forecast as JSON has it, a list of steps for each column."""
    columns = {}
    for place, column in enumerate(one.columns):
        columns[column] = {
            "point": one.point[:, place].tolist(),
            "intervals": {
                f"{level:g}": {"low": one.low[level][:, place].tolist(), "high": one.high[level][:, place].tolist()}
                for level in one.low
            },
            "samples": one.paths[:, place].T.tolist(),
        }
    return {"series": one.series, "times": one.times, "columns": columns}


def _draw(found: "list[Forecast]", path: Path) -> None:
    """Draw forecasts behind their history into a file."""
    from seqloom.report.forecast_chart import MOST, Panel, draw

    panels = []
    for one in found:
        stamps, values = one.before
        for place, column in enumerate(one.columns):
            bands = [(level, one.low[level][:, place], one.high[level][:, place]) for level in sorted(one.low)]
            title = f"{one.series}: {column}" if one.series else column
            panels.append(Panel(title, stamps, values[:, place], one.stamps, one.point[:, place], bands, one.dated))
    if len(panels) > MOST:
        note(f"the picture shows the first {MOST} of {len(panels)} series; the table has all")
    path.write_bytes(draw(panels[:MOST], path.suffix.lower(), note))
    note(f"drawn: {path}")


def report(values: Mapping[str, Any]) -> str:
    """Return a backtest as a person reads it: a table of all forecasts, then what it says of the model."""
    from seqloom.report.terminal import table

    rows = values["forecasts"]
    shown = [name for name in COLUMNS if any(name in row for row in rows)]
    lines = [
        {"": row["forecast"], **{COLUMNS[name]: number(row[name]) if name in row else "-" for name in shown}}
        for row in rows
    ]
    season = f"season {values['season']}" if values["season"] > 1 else "no season"
    origins = f"{values['origins']:,} origin{'s' if values['origins'] > 1 else ''}"
    steps = f"{values['horizon']} step{'s' if values['horizon'] > 1 else ''}"
    head = f"Rolling-origin backtest: {steps} from each of {origins}, {season}"
    scaled = f"Scaled as in training: MSE {values['scaled.mse']:.4f}, MAE {values['scaled.mae']:.4f}"
    loss = f"loss {values['loss']:.4f}"
    grid = table(lines, dict.fromkeys(lines[0], ""))
    return f"{head}\n\n{grid}\n\n{scaled}; {loss}\n{values['verdict']}"
