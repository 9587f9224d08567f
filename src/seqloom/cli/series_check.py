"""What `check forecast` tells of a file: its series, frequency, season, gaps and columns, and the windows in them."""

from typing import TYPE_CHECKING, Any

from seqloom.cli.output import aligned

if TYPE_CHECKING:
    import numpy as np

    from seqloom.data.gaps import Filled
    from seqloom.tasks.forecast import Forecasting
    from seqloom.tasks.forecast_rows import Laid

SHOWN = 20
"""Series and columns that are shown; --json has them all."""


def found(task: "Forecasting", notes: list[str]) -> dict[str, Any]:
    """Return what there is, as plain values."""
    laid, said = task.laid, task.spec.series
    assert laid is not None and said is not None
    return {
        "task": task.spec.task,
        "data": task.spec.data.train,
        "frequency": said.frequency,
        "season": said.season,
        "horizon": said.horizon,
        "look_back": said.look_back,
        "calendar": [] if said.calendar == "none" else list(said.calendar),
        "past": said.past,
        "known": said.known,
        "series": [_series(laid, place) for place in range(len(laid.filled))],
        "columns": [_column(laid, place, name) for place, name in enumerate(said.values or ())],
        "windows": {part: len(laid.origins(part)) for part in ("train", "valid", "test")},
        "notes": notes,
    }


def report(values: dict[str, Any]) -> str:
    """Return it as a person reads it."""
    from seqloom.report.terminal import table

    windows = values["windows"]
    rows = [("task", values["task"]), ("data", values["data"]), ("one step", values["frequency"])]
    rows += [("season", str(values["season"]) if values["season"] > 1 else "none")]
    rows += [("horizon", f"{values['horizon']} steps"), ("look-back", f"{values['look_back']} steps")]
    rows += [(name, ", ".join(values[name])) for name in ("calendar", "past", "known") if values[name]]
    rows += [
        ("windows", f"{windows['train']:,} to train, {windows['valid']:,} to validate, {windows['test']:,} to test")
    ]
    series = [{**one, "from": one["first"], "to": one["last"]} for one in values["series"][:SHOWN]]
    columns = {"series": "", "steps": ",d", "from": "", "to": "", "missing": ",d", "train": ",d", "valid": ",d"}
    if len(values["series"]) == 1:
        del columns["series"]
    figures = [
        {name: f"{value:,.6g}" if isinstance(value, float) else value for name, value in one.items()}
        for one in values["columns"][:SHOWN]
    ]
    shape = dict.fromkeys(figures[0], "")
    return "\n\n".join([aligned(rows), table(series, {**columns, "test": ",d"}), table(figures, shape)])


def _series(laid: "Laid", place: int) -> dict[str, Any]:
    import numpy as np

    one, part = laid.filled[place].series, laid.parts[place]
    return {
        "series": one.name,
        "steps": len(one),
        "first": laid.found.when(one, 0),
        "last": laid.found.when(one, len(one) - 1),
        "missing": int(np.isnan(one.truth).any(1).sum()),
        "train": part.train,
        "valid": part.valid - part.train,
        "test": part.test - part.valid,
    }


def _column(laid: "Laid", place: int, name: str) -> dict[str, Any]:
    """Return the figures of a column over the training parts of all series."""
    import numpy as np

    values = np.concatenate(
        [_training(one, part.train)[:, place] for one, part in zip(laid.filled, laid.parts, strict=True)]
    )
    there = values[~np.isnan(values)]
    return {
        "column": name,
        "least": float(there.min()),
        "mean": float(there.mean()),
        "most": float(there.max()),
        "deviation": float(there.std()),
        "constant": "yes" if there.min() == there.max() else "",
    }


def _training(one: "Filled", end: int) -> "np.ndarray":
    return one.series.truth[:end]
