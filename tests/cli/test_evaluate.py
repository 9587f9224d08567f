"""evaluate: the figures of a run, for people and for machines."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.cli.evaluate import text


@pytest.fixture
def here(seqloom: Callable, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_a_classifier_is_measured(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("evaluate", "runs/리뷰", "reviews.tsv")
    assert code == 0 and "Measured on" not in err
    assert "accuracy  1.0000" in out and "f1/" not in out
    assert out.count("긍정") == 3, "a row of figures, a row and a column of the confusion matrix"


def test_what_was_held_out_is_the_default(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("evaluate", "runs/리뷰")
    assert code == 0 and "Measured on what training held out of reviews.tsv:" in err and "accuracy" in out


def test_rows_held_out_for_testing_are_measured_on_request(seqloom: Callable, here: Path) -> None:
    small = ["-s", "source.size=8", "-s", "encoder.size=8", "--steps", "2", "-s", "data.valid=0.1", "--out", "tested"]
    assert seqloom("train", "classify", "reviews.tsv", "-s", "data.test=0.25", *small).code == 0
    code, out, err = seqloom("evaluate", "tested", "--test")
    assert code == 0 and "Measured on what training held out of reviews.tsv for testing:" in err and "accuracy" in out
    assert json.loads(seqloom("evaluate", "tested", "--test", "--json").out)["data"] == "test"


def test_json_is_one_document(seqloom: Callable, here: Path) -> None:
    found = json.loads(seqloom("evaluate", "runs/리뷰", "reviews.tsv", "--json").out)
    assert found["run"] == "runs/리뷰" and found["labels"] == ["긍정", "부정"] and found["accuracy"] == 1
    assert found["confusion"] == [[60, 0], [0, 60]] and found["per_class"][0]["rows"] == 60


def test_a_language_model_is_measured(seqloom: Callable, here: Path) -> None:
    code, out, _ = seqloom("evaluate", "runs/hello", "hello.txt")
    assert code == 0
    names = [line.split()[0] for line in out.splitlines()]
    assert names == ["nats", "perplexity", "bits"], "the loss is the nats, said once"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["runs/none"], 3, "there is no such run"),
        (["runs/리뷰", "none.tsv"], 2, "no file none.tsv"),
        (["runs/리뷰", "pairs.tsv"], 2, "no column 'text'"),
        (["runs/리뷰", "hello.txt"], 2, "hello.txt"),
        (["runs/리뷰", "--beam", "2"], 2, "beam=2 is for answers that are written, and this run's task is classify"),
        (["runs/리뷰", "--test"], 2, "training held nothing out for testing: train with -s data.test=0.1"),
        (["runs/리뷰", "reviews.tsv", "--test"], 2, "and reviews.tsv is a file: choose one of them"),
        (["runs/리뷰", "--device", "cuda:7"], 5, "torch sees no GPU"),
    ],
)
def test_what_cannot_be_measured_is_said(seqloom: Callable, here: Path, line: list[str], code: int, said: str) -> None:
    answer = seqloom("evaluate", *line)
    assert (answer.code, answer.out) == (code, "") and said in answer.err


def test_a_run_that_learnt_from_stdin_has_nothing_held_out(seqloom: Callable, trained: Path) -> None:
    data = (trained / "reviews.tsv").read_bytes()
    line = ["train", "classify", "-", "--format", "tsv", "--arch", "bag", "--steps", "1", "-o", "run"]
    assert seqloom(*line, stdin=data).code == 0
    code, out, err = seqloom("evaluate", "run")
    assert (code, out) == (2, "") and "run learnt from standard input, so what it held out is gone." in err


def test_a_wide_confusion_matrix_is_left_to_json() -> None:
    labels = [str(n) for n in range(31)]
    shown = text({"accuracy": 0.5, "labels": labels, "confusion": [[0] * 31] * 31, "per_class": []})
    assert "31 labels is in the answer of --json" in shown and "predicted" not in shown


def test_bad_rows_of_another_file_stop_it_or_are_left_out_and_counted(
    seqloom: Callable, here: Path, tmp_path: Path
) -> None:
    bad, reviews = tmp_path / "나쁜.tsv", "runs/리뷰"
    bad.write_text("text\tlabel\n영화\t긍정\nragged\n필름\t부정\n", encoding="utf-8")
    answer = seqloom("evaluate", reviews, str(bad))
    assert answer.code == 2 and "나쁜.tsv:3: 1 column" in answer.err and "--on-bad-row skip" in answer.err
    answer = seqloom("evaluate", reviews, str(bad), "--on-bad-row", "skip")
    assert answer.code == 0 and "1 bad row skipped" in answer.err
    answer = seqloom("predict", reviews, str(bad), "--on-bad-row", "skip")
    assert answer.code == 0 and len(answer.out.splitlines()) == 2
    assert seqloom("evaluate", reviews, str(bad), "--on-bad-row", "ignore").code == 2


def test_answers_are_measured_and_shown(seqloom: Callable, tmp_path: Path) -> None:
    text = "".join(f"낱말 {n}\tn {n}\n" for n in range(30))
    (tmp_path / "쌍.tsv").write_text(text, encoding="utf-8")
    sizes = ["-s", "source.size=8", "-s", "target.size=8", "-s", "encoder.size=8", "-s", "decoder.size=8"]
    kinds = ["-s", "source.tokens=char", "-s", "target.tokens=char", "-s", "decode.max_length=4", "-s", "decode.beam=2"]
    train = ["train", "translate", "쌍.tsv", "--arch", "bahdanau", "--steps", "3", "-o", "r", "--valid", "0.2"]
    assert seqloom(*train, *sizes, *kinds).code == 0
    code, out, _ = seqloom("evaluate", "r", "쌍.tsv")
    assert code == 0
    for said in (
        "gap.bleu",
        "length_ratio",
        "nrefs:1|case:mixed|eff:no|tok:13a",
        "source  낱말 0",
        "target  n 0",
        "answer",
    ):
        assert said in out, said
    found = json.loads(seqloom("evaluate", "r", "쌍.tsv", "--json").out)
    assert found["signatures"]["bleu"].startswith("nrefs:1") and len(found["samples"]) == 5 and found["answered"] == 30
