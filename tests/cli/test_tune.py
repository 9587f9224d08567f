"""tune: from the command line to the best run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("optuna")
SMALL = [
    *("-s", "source.size=8", "-s", "encoder.size=8", "-s", "source.tokens=word"),
    *("-s", "fit.steps=4", "-s", "fit.valid_every=2"),
]


@pytest.fixture
def here(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reviews.tsv").write_bytes((trained / "reviews.tsv").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.fsync", lambda file: None)
    return tmp_path


def test_a_search_from_start_to_the_best_run(seqloom: Callable, here: Path) -> None:
    line = ["tune", "classify", "reviews.tsv", "--arch", "gru", "--valid", "0.2", *SMALL]
    code, out, err = seqloom(*line, "--search", "fit.lr=0.001,0.05", "--search", "arch=gru,bag", "-n", "2")
    assert code == 0, err
    assert "training 2 of 2: " in err and "runs/tune-classify-1: best.yaml, best/" in err
    assert "The lowest loss of validation is" in out and "seqloom train --config runs/tune-classify-1/best.yaml" in out
    folder = here / "runs/tune-classify-1"
    assert {one.name for one in folder.iterdir()} >= {
        "best",
        "best.yaml",
        "report.html",
        "study.journal",
        "tuning.json",
    }
    assert seqloom("train", "--config", str(folder / "best.yaml"), "--out", "again").code == 0
    assert seqloom("evaluate", str(folder / "best")).code == 0
    found = json.loads(seqloom("tune", "--resume", "--out", str(folder), "--trials", "3", "--json", "--no-html").out)
    assert len(found["trials"]) == 3 and found["ended"] == "trials"
    assert found["plan"]["valid"] == "0.2" or found["plan"]["valid"] == 0.2


def test_the_usual_spaces_are_said(seqloom: Callable, here: Path) -> None:
    code, _, err = seqloom("tune", "classify", "reviews.tsv", *SMALL, "-n", "1", "--no-html")
    assert code == 0 and "searching fit.lr=0.0001..0.01:log, encoder.size=8,16" in err


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["tune"], 2, "which task"),
        (["tune", "classify"], 2, "Say: seqloom tune classify DATA"),
        (["tune", "--resume"], 2, "--resume needs the search to go on with: --out FOLDER"),
        (["tune", "classify", "reviews.tsv", "--resume", "--out", "x"], 2, "leave out everything but --out"),
        (["tune", "--resume", "--out", "x"], 3, "x is no search: it has no tuning.yaml"),
        (["tune", "classify", "reviews.tsv", "--minutes", "0"], 2, "--minutes 0: give more than 0"),
        (["tune", "classify", "none.tsv"], 2, "no file none.tsv"),
        (["tune", "classify", "reviews.tsv", "--search", "fit.lr"], 2, "which values of which key?"),
        (["tune", "classify", "-"], 2, "cannot come from standard input"),
    ],
)
def test_what_cannot_be_is_said(seqloom: Callable, here: Path, line: list[str], code: int, said: str) -> None:
    answer = seqloom(*line)
    assert (answer.code, answer.out) == (code, "") and said in answer.err, answer.err
    assert not (here / "runs").exists()
