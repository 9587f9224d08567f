"""Rows of numbers: forecasts of several series and columns, of every form and head, with gaps; numbers of rows."""

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kept_runs import disagreements

from seqloom.comparing.items import gatherer_of, items_of
from seqloom.training.run import Run, fit


def shops(folder: Path) -> str:
    """Write two shops of two columns each, with values that are missing."""
    chosen = random.Random(6)
    rows = ["shop,day,차,bread"]
    for shop in ("서울", "Busan"):
        for step in range(60):
            tea = f"{10 + 3 * math.sin(step * math.pi / 3.5) + chosen.gauss(0, 1):.2f}"
            bread = f"{200 + step + chosen.gauss(0, 5):.1f}"
            rows.append(f"{shop},{step},{'' if step % 17 == 5 else tea},{bread}")
    (folder / "shops.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(folder / "shops.csv")


def forecaster(folder: Path, form: str, kind: str, channels: str) -> tuple[Run, str]:
    data = shops(folder)
    series = {"horizon": 3, "look_back": 8, "form": form, "channels": channels, "gaps": "missing"}
    parts: dict[str, Any] = {"series": {**series, "id": "shop"}, "heads": {"forecast": {"kind": kind}}}
    parts |= {"source": {"size": 4}, "target": {"size": 4}, "encoder": {"size": 6}}
    if form == "sequence":
        parts |= {"decoder": {"size": 6}}
    return fit("forecast", data, arch="gru", out=str(folder / "run"), steps=3, device="cpu", **parts), data


@pytest.mark.parametrize(
    ("form", "kind", "channels"),
    [
        ("direct", "quantiles", "apart"),
        ("aligned", "point", "together"),
        ("sequence", "normal", "apart"),
        ("direct", "student", "together"),
    ],
)
def test_windows_of_every_form_sum_to_what_evaluate_says(form: str, kind: str, channels: str, tmp_path: Path) -> None:
    run, _ = forecaster(tmp_path, form, kind, channels)
    assert disagreements(run, None) == {}
    items = items_of(run)
    assert items.measure == "mase" and (items.lengths == 8).all() and items.rarity is None
    assert items.classes is not None
    apart = ("서울 차", "서울 bread", "Busan 차", "Busan bread")
    assert {*items.classes[0]} == ({*apart} if channels == "apart" else {"서울", "Busan"})
    assert items_of(run, None, "mae").stats[:, 1].max() == (3 if channels == "apart" else 6)
    known = gatherer_of(run, run.task.evaluation(None, lambda note: None, False)).known
    assert ("crps" in known) == (kind != "point")


def test_a_series_that_never_changed_has_no_mase(tmp_path: Path) -> None:
    rows = "".join(f"{step},5.0\n" for step in range(45)) + "".join(f"{step},{step % 4}\n" for step in range(45, 60))
    (tmp_path / "flat.csv").write_text("step,value\n" + rows, encoding="utf-8")
    series = {"horizon": 2, "look_back": 4, "season": 1}
    data = str(tmp_path / "flat.csv")
    run = fit("forecast", data, arch="gru", out=str(tmp_path / "run"), steps=1, device="cpu", series=series)
    items = items_of(run)
    assert items.measure == "mae" and items.classes is None
    assert "mase" not in gatherer_of(run, run.task.evaluation(None, lambda note: None, False)).known


def test_numbers_of_texts_are_in_their_own_units(tmp_path: Path) -> None:
    chosen = random.Random(8)
    lines = [f"{'참 ' * n}word\t{1000 + 100 * n + chosen.gauss(0, 3):.2f}" for n in range(6) for _ in range(6)]
    data = tmp_path / "scores.tsv"
    data.write_text("text\tscore\n" + "\n".join(lines) + "\n", encoding="utf-8")
    parts: dict[str, Any] = {"source": {"tokens": "word", "size": 4}, "encoder": {"size": 6}, "steps": 2}
    run = fit("regress", str(data), arch="gru", out=str(tmp_path / "run"), device="cpu", **parts)
    assert disagreements(run, str(data)) == {}
    items = items_of(run, str(data))
    told = [one.number for _, one in run.predict_file(str(data))]
    true = [float(line.split("\t")[1]) for line in lines]
    assert items.stats[:, 0] == pytest.approx(np.abs(np.array(told) - true), rel=1e-4)
    assert items.lengths.tolist() == [1 + n for n in range(6) for _ in range(6)]
    assert items.rarity is not None
