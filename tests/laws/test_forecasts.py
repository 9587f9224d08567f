"""Laws of forecasts: order matters, the calendar shifts with its dates, units and company do not matter."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.training.run import Run, fit

SMALL = ("encoder.size=8", "source.size=8", "series.look_back=12", "series.horizon=4", "fit.steps=2", "fit.lr=0.01")


def write(path: Path, columns: dict[str, list], start: str = "2001-01") -> Path:
    count = len(next(iter(columns.values())))
    made = {"month": [str(one) for one in np.datetime64(start) + np.arange(count)], **columns}
    rows = [",".join(map(str, row)) for row in zip(*made.values(), strict=True)]
    path.write_text(",".join(made) + "\n" + "\n".join(rows) + "\n")
    return path


def values(count: int = 60, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count).cumsum() + 20


def run(folder: Path, *settings: str, channels: int = 1) -> Run:
    columns = {chr(ord("a") + place): values(seed=place).tolist() for place in range(channels)}
    path = write(folder / "train.csv", columns)
    return fit("forecast", str(path), arch="gru", out=str(folder / "run"), settings=(*SMALL, *settings))


def point(run: Run, path: Path, **options) -> np.ndarray:
    (found,) = run.predict([str(path)], **options)
    return found.point


@pytest.mark.parametrize("form", ["direct", "aligned", "sequence"])
def test_a_shuffled_past_is_another_forecast(tmp_path: Path, form: str) -> None:
    parts = ("decoder.size=8", "target.size=8", "bridge.size=8") if form == "sequence" else ()
    made = run(tmp_path, f"series.form={form}", "series.scale=series", *parts)
    past = values()
    shuffled = past.copy()
    shuffled[-12:-1] = np.random.default_rng(3).permutation(past[-12:-1])
    one, other = (point(made, write(tmp_path / "b.csv", {"a": list(one)})) for one in (past, shuffled))
    assert not np.allclose(one, other)
    shuffled[:-12] = np.random.default_rng(3).permutation(past[:-12])
    far = point(made, write(tmp_path / "b.csv", {"a": [*shuffled[:-12], *past[-12:]]}))
    assert np.array_equal(one, far), "what lies before the look-back is not read"


def test_a_shifted_calendar_shifts(tmp_path: Path) -> None:
    made = run(tmp_path, "series.calendar=[month]")
    flat = {"a": values().tolist()}
    here, year, month = (
        point(made, write(tmp_path / "b.csv", flat, start)) for start in ("2001-01", "2005-01", "2001-02")
    )
    assert np.allclose(here, year, atol=1e-6) and not np.allclose(here, month, atol=1e-4)
    (tmp_path / "blind").mkdir()
    blind = run(tmp_path / "blind", "series.calendar=none")
    here, month = (point(blind, write(tmp_path / "b.csv", flat, start)) for start in ("2001-01", "2001-02"))
    assert np.array_equal(here, month)


def test_units_do_not_matter_where_windows_have_their_own_scale(tmp_path: Path) -> None:
    made = run(tmp_path, "series.scale=window", "series.calendar=none")
    past = values()
    one = point(made, write(tmp_path / "b.csv", {"a": list(past)}))
    other = point(made, write(tmp_path / "b.csv", {"a": list(1000 * past - 7)}))
    assert np.allclose(1000 * one - 7, other, rtol=1e-4)


def test_series_and_channels_apart_do_not_hear_each_other(tmp_path: Path) -> None:
    made = run(tmp_path, "series.channels=apart", channels=2)
    first = {"a": values(seed=0).tolist(), "b": values(seed=1).tolist()}
    other = {"a": values(seed=0).tolist(), "b": values(seed=9).tolist()}
    one, two = (point(made, write(tmp_path / "b.csv", columns)) for columns in (first, other))
    assert np.allclose(one[:, 0], two[:, 0], atol=1e-6) and not np.allclose(one[:, 1], two[:, 1])


def test_a_backtest_is_the_same_in_batches_of_any_size(tmp_path: Path) -> None:
    made = run(tmp_path, "heads.forecast=normal", channels=2)
    found = []
    for tokens in (12, 100, 4096):
        made.spec.fit.batch_tokens = tokens
        found.append(made.evaluate())
    for name in ("mae", "mase", "loss"):
        assert np.allclose([one[name] for one in found], found[0][name], rtol=1e-5)
    assert np.allclose(found[0]["forecasts"][0]["crps"], found[2]["forecasts"][0]["crps"], rtol=1e-5)


@pytest.mark.parametrize("form", ["direct", "aligned", "sequence"])
def test_beyond_the_horizon_a_forecast_goes_on_from_itself(tmp_path: Path, form: str) -> None:
    parts = ("decoder.size=8", "target.size=8", "bridge.size=8") if form == "sequence" else ()
    made = run(tmp_path, f"series.form={form}", "series.scale=series", *parts)
    past = values()
    far = point(made, write(tmp_path / "b.csv", {"a": list(past)}), horizon=10)
    near = point(made, tmp_path / "b.csv")
    assert np.allclose(far[:4], near, atol=1e-6) and far.shape == (10, 1)
    then = point(made, write(tmp_path / "b.csv", {"a": [*past, *near[:, 0]]}))
    assert np.allclose(far[4:8], then, atol=1e-4), "as if what it told had come true"
    assert np.array_equal(point(made, write(tmp_path / "b.csv", {"a": list(past)}), horizon=2), near[:2])


@pytest.mark.parametrize("horizon", [4, 9])
def test_paths_follow_from_the_seed_and_intervals_hold_them(tmp_path: Path, horizon: int) -> None:
    made = run(tmp_path, "heads.forecast=normal")
    path = write(tmp_path / "b.csv", {"a": list(values())})

    def drawn(seed: int):
        return next(made.predict([str(path)], samples=300, levels=[80], seed=seed, horizon=horizon))

    one, again, other = drawn(1), drawn(1), drawn(2)
    assert np.array_equal(one.paths, again.paths) and not np.array_equal(one.paths, other.paths)
    inside = (one.paths >= one.low[80][..., None]) & (one.paths <= one.high[80][..., None])
    assert 0.7 < inside.mean() < 0.9 and one.paths.shape == (horizon, 1, 300)
