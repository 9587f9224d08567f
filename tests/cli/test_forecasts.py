"""Forecasts on the command line: CSV, JSON and pictures of what comes next, and the table of a backtest."""

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.cli.forecasts import report

TINY = ["-s", "encoder.size=8", "-s", "source.size=8", "-s", "series.horizon=6", "-s", "series.look_back=12"]


@pytest.fixture(scope="session")
def forecasting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with passengers.csv, long.csv, and the runs 승객 (normal), point and long (two series)."""
    from seqloom.cli.main import main

    folder = tmp_path_factory.mktemp("forecasting")
    months = [f"{1990 + n // 12}-{n % 12 + 1:02}" for n in range(90)]
    values = [f"{100 + n + 30 * math.sin(n / 1.9):.2f}" for n in range(90)]
    (folder / "passengers.csv").write_text(
        "month,승객\n" + "".join(f"{a},{b}\n" for a, b in zip(months, values, strict=True)), encoding="utf-8"
    )
    long = [f"{name},{month},{value}\n" for name in "ab" for month, value in zip(months, values, strict=True)]
    (folder / "long.csv").write_text("shop,month,sold\n" + "".join(long))
    runs = {"승객": ("passengers", ["-s", "heads.forecast=normal"]), "point": ("passengers", []), "long": ("long", [])}
    for name, (file, more) in runs.items():
        line = ["train", "forecast", str(folder / f"{file}.csv"), "--arch", "gru", "--steps", "3", *TINY, *more]
        assert main([*line, "--out", str(folder / name)]) == 0
    return folder


@pytest.fixture
def here(seqloom: Callable, forecasting: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(forecasting)
    return forecasting


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_what_comes_next_is_csv_dated_as_the_file_is(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "승객")
    found = rows(out)
    assert code == 0 and "going on from the end of the training file" in err
    assert [row["month"] for row in found] == [f"1997-{n:02}" for n in range(7, 13)]
    assert all(math.isfinite(float(row["승객"])) for row in found) and list(found[0]) == ["month", "승객"]
    assert seqloom("predict", "승객", "passengers.csv").out == out


def test_intervals_and_samples_are_columns(seqloom: Callable, here: Path) -> None:
    found = rows(seqloom("predict", "승객", "--level", "80,95", "--samples", "2", "--seed", "3").out)
    names = ["승객.low80", "승객.high80", "승객.low95", "승객.high95", "승객.sample1", "승객.sample2"]
    assert list(found[0]) == ["month", "승객", *names]
    for row in found:
        low95, low80, middle, high80, high95 = (
            float(row[f"승객{end}"]) for end in (".low95", ".low80", "", ".high80", ".high95")
        )
        assert low95 < low80 < middle < high80 < high95
    assert (
        rows(seqloom("predict", "승객", "--samples", "2", "--seed", "4").out)[0]["승객.sample1"]
        != found[0]["승객.sample1"]
    )


def test_a_longer_horizon_is_said(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "point", "--horizon", "20")
    assert (
        code == 0 and len(rows(out)) == 20 and "20 steps are more than the 6 that this run was trained to tell" in err
    )
    assert len(rows(seqloom("predict", "point", "--horizon", "2").out)) == 2


def test_several_series_are_named(seqloom: Callable, here: Path) -> None:
    found = rows(seqloom("predict", "long").out)
    assert [row["shop"] for row in found] == ["a"] * 6 + ["b"] * 6 and found[6]["month"] == "1997-07"


def test_json_holds_a_list_of_series(seqloom: Callable, here: Path) -> None:
    (found,) = json.loads(seqloom("predict", "승객", "--level", "80", "--json").out)
    assert found["times"][0] == "1997-07" and len(found["columns"]["승객"]["intervals"]["80"]["low"]) == 6


@pytest.mark.parametrize("kind", ["png", "svg", "html"])
def test_a_picture_is_drawn(seqloom: Callable, here: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"그림.{kind}"
    code, _, err = seqloom("predict", "승객", "--level", "80", "--plot", path)
    assert code == 0 and f"drawn: {path}" in err
    assert path.read_bytes()[:4] == {"png": b"\x89PNG", "svg": b"<svg", "html": b"<!do"}[kind]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--level", "80"], "a head of kind point tells one value"),
        (["--level", "a"], "say percentages with commas"),
        (["--level", "120"], "level=120: an interval holds"),
        (["--plot", "a.pdf"], "the name must end in .png, .svg, .html"),
        (["--beam", "3"], "--beam is for texts"),
        (["--proba"], "--proba is for texts"),
        (["-"], "is read from a file"),
        (["none.csv"], "no file none.csv"),
        (["long.csv"], "has no column '승객'"),
        (["--ensemble", "long"], "--ensemble is for"),
    ],
)
def test_what_cannot_be_forecast_is_said(seqloom: Callable, here: Path, line: list[str], said: str) -> None:
    answer = seqloom("predict", "point", *line)
    assert (answer.code, answer.out) == (2, "") and said in answer.err


def test_a_backtest_is_a_table_with_the_naive_forecasts_beside(seqloom: Callable, here: Path) -> None:
    code, out, _ = seqloom("evaluate", "승객")
    assert code == 0 and "Rolling-origin backtest: 6 steps from each of 13 origins, season 12" in out
    for name in ("model", "naive", "seasonal naive", "drift", "MASE", "sMAPE", "CRPS", "in 80 %", "in 95 %"):
        assert name in out
    assert "The model does NOT beat the" in out, "three updates teach nothing"
    plain = seqloom("evaluate", "point").out
    assert "CRPS" not in plain and "MASE" in plain
    assert "from each of 5 origins" in seqloom("evaluate", "point", "--stride", "3").out


def test_json_tells_each_step(seqloom: Callable, here: Path) -> None:
    found = json.loads(seqloom("evaluate", "승객", "--json").out)
    assert [row["forecast"] for row in found["forecasts"]] == ["model", "naive", "seasonal naive", "drift"]
    assert len(found["by_step"]["drift"]) == 6 and found["beats_naive"] is False
    assert {"mae", "rmse", "mase", "smape", "pinball", "crps", "coverage80", "width95"} <= set(
        found["by_step"]["model"][0]
    )


def test_a_model_that_is_better_is_said_to_be(seqloom: Callable, here: Path) -> None:
    values = {"forecasts": [{"forecast": "model", "mae": 1.0}], "season": 1, "origins": 1, "horizon": 1, "loss": 1.0}
    text = report({**values, "scaled.mse": 1.0, "scaled.mae": 1.0, "verdict": "The model beats."})
    assert "1 step from each of 1 origin, no season" in text and text.endswith("The model beats.")


def test_options_of_forecasts_are_refused_elsewhere(seqloom: Callable, trained: Path) -> None:
    answer = seqloom("predict", trained / "runs/리뷰", "--horizon", "3", "--plot", "a.png")
    assert answer.code == 2 and "--horizon, --plot is for forecasts" in answer.err
    answer = seqloom("evaluate", trained / "runs/리뷰", trained / "reviews.tsv", "--stride", "2")
    assert answer.code == 2 and "stride=2 is for forecasts" in answer.err
