"""No look-ahead: whatever happens after the origin changes nothing of what is forecast there, nor of what was fitted.

The whole way is walked twice, from the file on, with everything after the origin changed the second time: reading,
filling gaps, finding the season, splitting, scaling, windows, the model. Leaks are planted, and must be caught.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from seqloom.build import build
from seqloom.data.gaps import Gaps
from seqloom.data.series_scale import digest
from seqloom.data.series_windows import Windows
from seqloom.tasks import forecast_rows
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_batches import batch_of
from seqloom.tasks.forecast_telling import tell
from seqloom.training.run import plan

ORIGIN, COUNT, HORIZON = 60, 80, 4
Columns = Callable[[np.ndarray], dict[str, list]]
SMALL = ("encoder.size=8", "source.size=8", "series.look_back=12", f"series.horizon={HORIZON}", "data.test=10")
SMALL = (*SMALL, f"data.valid={COUNT - 10 - ORIGIN}")
PARTS = ("decoder.size=8", "target.size=8", "bridge.size=8")


def write(path: Path, values: np.ndarray, columns: Columns) -> Path:
    made = {"month": [str(one) for one in np.datetime64("2001-01") + np.arange(len(values))], **columns(values)}
    rows = [",".join("" if cell != cell else str(cell) for cell in row) for row in zip(*made.values(), strict=True)]
    path.write_text(",".join(made) + "\n" + "\n".join(rows) + "\n")
    return path


def plain(values: np.ndarray) -> dict[str, list]:
    return {"v": values.tolist()}


def told(path: Path, settings: tuple[str, ...]) -> tuple[np.ndarray, Forecasting]:
    """Return the forecasts of a fresh model from every origin up to the last of training, in units of the series."""
    form = (
        "sequence"
        if "series.form=sequence" in settings
        else "aligned"
        if "series.form=aligned" in settings
        else "direct"
    )
    task = Forecasting.learn(
        plan("forecast", str(path), arch="gru", settings=(*SMALL, *settings))[0], lambda note: None
    )
    torch.manual_seed(0)
    model = build(task.spec, task.wiring()).eval()
    assert task.laid is not None
    keys = np.array([(0, origin) for origin in range(12, ORIGIN + 1) if task.laid.filled[0].starts[origin]])
    with torch.no_grad():
        found = tell(model, batch_of(task.laid, keys, form), form).point.numpy()
    return task.laid.lanes[0].scale.undo(found), task


def sees_ahead(folder: Path, *settings: str, columns: Columns = plain, gaps: tuple[int, ...] = ()) -> bool:
    """Say whether what comes after the origin changes anything before it."""
    drawn = np.random.default_rng(0).normal(size=COUNT).cumsum() + np.sin(np.arange(COUNT) / 2)
    drawn[list(gaps)] = np.nan
    changed = drawn.copy()
    changed[ORIGIN:] = 500 - 3 * changed[ORIGIN:] ** 2
    one, task = told(write(folder / "one.csv", drawn, columns), settings)
    other, again = told(write(folder / "other.csv", changed, columns), settings)
    assert len(one) == len(other) >= 20
    assert task.laid is not None and again.laid is not None
    learns = [part.gather(part_keys(part)).source for part in (task.laid.windows, again.laid.windows)]
    return not (np.array_equal(one, other) and np.array_equal(*learns) and digest(task.scales) == digest(again.scales))


def part_keys(windows: Windows) -> np.ndarray:
    """Return every origin up to that of the forecast whose horizon is in the training part."""
    return np.array([(0, origin) for origin in range(1, ORIGIN - HORIZON + 1)])


FORMS = {
    "direct": ("series.form=direct",),
    "aligned": ("series.form=aligned", "series.scale=series"),
    "sequence": ("series.form=sequence", *PARTS),
}


@pytest.mark.parametrize("scale", ["none", "series", "window"])
@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_seen_ahead(tmp_path: Path, form: str, scale: str) -> None:
    asked = "series" if form == "aligned" else scale  # aligned refuses the scale of a window, which knows its last step
    assert not sees_ahead(tmp_path, *FORMS[form], f"series.scale={asked}", "series.calendar=[month]")


@pytest.mark.parametrize("gaps", ["interpolate", "previous", "missing"])
@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_seen_ahead_across_gaps(tmp_path: Path, gaps: Gaps, form: str) -> None:
    places = (20, 21, 40, ORIGIN - 2, ORIGIN - 1, ORIGIN, ORIGIN + 5)  # one of them reaches over the origin
    assert not sees_ahead(tmp_path, *FORMS[form], f"series.gaps={gaps}", gaps=places)


def test_a_column_that_is_the_future_is_caught(tmp_path: Path) -> None:
    def leaking(values: np.ndarray) -> dict[str, list]:
        return {"v": values.tolist(), "tomorrow": [*values[1:].tolist(), 0.0]}

    def honest(values: np.ndarray) -> dict[str, list]:
        return {"v": values.tolist(), "yesterday": [0.0, *values[:-1].tolist()]}

    assert sees_ahead(tmp_path, "series.past=[tomorrow]", columns=leaking)
    assert not sees_ahead(tmp_path, "series.past=[yesterday]", columns=honest)


def test_a_scale_fitted_on_everything_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = forecast_rows._fit
    monkeypatch.setattr(forecast_rows, "_fit", lambda said, one, end: fit(said, one, len(one.values)))
    assert sees_ahead(tmp_path, "series.scale=series")


def test_a_window_that_reads_a_step_too_far_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gather = Windows.gather

    def late(self: Windows, keys: np.ndarray, every_step: bool = False):
        return gather(self, keys, every_step)._replace(source=gather(self, keys + np.array([0, 1])).source)

    monkeypatch.setattr(Windows, "gather", late)
    assert sees_ahead(tmp_path)


def test_a_line_across_a_gap_that_forecasts_start_in_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = forecast_rows.fill

    def everywhere(found, policy):
        filled, notes = made(found, policy)
        for one in filled:
            one.starts[1:] = True
        return filled, notes

    monkeypatch.setattr(forecast_rows, "fill", everywhere)
    assert sees_ahead(tmp_path, "series.gaps=interpolate", gaps=(ORIGIN - 2, ORIGIN - 1))


def test_the_season_is_sought_in_the_training_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    season = forecast_rows.season_of
    looked: list[int] = []

    def listening(series, frequency):
        looked.append(max(map(len, series)))
        return season(series, frequency)

    monkeypatch.setattr(forecast_rows, "season_of", listening)
    assert not sees_ahead(tmp_path) and looked == [ORIGIN, ORIGIN]
