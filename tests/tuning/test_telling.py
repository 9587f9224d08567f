"""Telling: what was found in words, as a table and as a page."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.report.figures import Points, Table
from seqloom.tuning.found import Found
from seqloom.tuning.plan import Plan
from seqloom.tuning.space import parse
from seqloom.tuning.telling import _against, as_text, following, page, sentences

SPACES = ("fit.lr=1e-4..1e-1:log", "encoder.size=8,16,32", "arch=gru,lstm")


def row(number: int, value: float | None, lr: float, size: str, arch: str, state: str = "done", **more: Any) -> dict:
    settings = [f"fit.lr={lr:.4g}", f"encoder.size={size}", f"arch={arch}"]
    values = {"fit.lr": lr, "encoder.size": size, "arch": arch}
    course = [] if value is None else [[3, value + 0.1], [10, value]]
    rest = {"steps": 20, "seconds": 2.0, "parameters": 1000, "error": None, "course": course, "given": False}
    return {"number": number, "state": state, "value": value, "settings": settings, "values": values, **rest, **more}


def found(rows: list[dict], metric: str = "loss", importance: dict[str, float] | None = None) -> Found:
    plan = Plan(task="classify", data="리뷰.tsv", search=list(SPACES), trials=6, metric=metric, rows="")
    spaces = [parse(one) for one in SPACES]
    return Found(plan, Path("runs/tune 1"), spaces, rows, importance or {}, "trials", 2, "cpu")


ROWS = [
    row(1, 0.7, 1e-3, "16", "gru", given=True),
    row(2, 0.5, 1e-2, "16", "lstm"),
    row(3, 0.4, 9.9e-2, "32", "gru"),
    row(4, 0.9, 1e-4, "8", "gru", "pruned"),
    row(5, None, 2e-4, "8", "gru", "failed", error="<b>딱</b>"),
]


def test_the_sentences_say_what_the_rows_do() -> None:
    told = "\n".join(sentences(found(ROWS, importance={"fit.lr": 0.75, "encoder.size": 0.2, "arch": 0.05})))
    assert "The lowest loss of validation is 0.4, by fit.lr=0.099 encoder.size=32 arch=gru." in told
    assert "With what the spec said before (fit.lr=0.001 encoder.size=16 arch=gru) it is 0.7." in told
    assert "fit.lr mattered most (75% of what sets the best apart; 3 trainings are few, so this is a hint)" in told
    assert "The best lies at the edge of fit.lr, encoder.size: a wider --search may find more." in told
    assert "5 trainings (3 done, 1 given up, 1 failed) in 10 s; as many trainings as were asked for." in told
    assert "2 proposals had been tried before" in told and "the best of 3 looks at the same validation rows" in told


def test_more_is_better_where_the_metric_says_so() -> None:
    told = "\n".join(sentences(found(ROWS, "accuracy")))
    assert "The highest accuracy of validation is 0.7" in told and "nothing better was found" in told
    assert "mattered" not in told and "edge" not in told


def test_a_terminal_shows_the_best_first_and_what_to_do_next() -> None:
    text = as_text(found(ROWS))
    lines = [line.split() for line in text.splitlines()]
    assert [line[0] for line in lines if line[1:2] in (["0.4"], ["0.5"], ["0.7"])] == ["3", "2", "1"]
    assert following(found(ROWS)) == [
        "seqloom train --config 'runs/tune 1/best.yaml'",
        "seqloom evaluate 'runs/tune 1/best'",
        "seqloom tune --resume --out 'runs/tune 1' --trials 12",
    ]


def test_a_key_of_numbers_is_drawn_as_points_and_one_of_names_as_a_table() -> None:
    lr, size, arch = (_against(found(ROWS), parse(one)) for one in SPACES)
    assert (
        isinstance(lr, Points) and np.allclose(lr.x, np.log10([1e-3, 1e-2, 9.9e-2])) and list(lr.y) == [0.7, 0.5, 0.4]
    )
    assert isinstance(size, Points) and list(size.x) == [16, 16, 32]
    assert isinstance(arch, Table) and [tuple(one) for one in arch.rows] == [("gru", 2, 0.4), ("lstm", 1, 0.5)]


def test_the_page_has_all_trainings_and_lets_no_letter_out() -> None:
    pytest.importorskip("vl_convert")
    html = page(found(ROWS, importance={"fit.lr": 0.75, "encoder.size": 0.2, "arch": 0.05}))
    assert "리뷰.tsv" in html and "given up" in html and "failed: &lt;b&gt;딱&lt;/b&gt;" in html and "<b>딱" not in html
    assert html.count("data-chart=") == 5, "trainings in order, importance, two keys of numbers, courses"
    assert "PED-ANOVA" in html and "optuna" in html
