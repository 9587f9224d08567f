"""predict: row for row, in order, from a file or as a filter."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SEQLOOM = [sys.executable, "-m", "seqloom.cli.main"]


@pytest.fixture
def here(seqloom: Callable, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_lines_are_answered_in_order(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "runs/리뷰", stdin="fine film\n지루한 film\n훌륭한 film\ndull film\n")
    assert (code, out, err) == (0, "긍정\n부정\n긍정\n부정\n", "")


def test_a_dash_is_stdin(seqloom: Callable, here: Path) -> None:
    assert seqloom("predict", "runs/리뷰", "-", stdin="fine film").out == "긍정\n"


def test_an_empty_line_has_its_answer_and_nothing_has_none(seqloom: Callable, here: Path) -> None:
    assert seqloom("predict", "runs/리뷰", stdin="fine film\n\ndull film\n").out.count("\n") == 3
    assert seqloom("predict", "runs/리뷰", stdin="") == (0, "", "")


def test_a_file_is_read_as_in_training(seqloom: Callable, here: Path) -> None:
    lines = Path("reviews.tsv").read_text(encoding="utf-8").splitlines()[1:]
    code, out, _ = seqloom("predict", "runs/리뷰", "reviews.tsv")
    assert code == 0 and out.splitlines() == [line.split("\t")[1] for line in lines]
    whole = Path("reviews.tsv").read_bytes()
    piped = seqloom("predict", "runs/리뷰", stdin=whole)
    assert piped.out == out and "the first line names the columns" in piped.err


def test_a_file_needs_no_labels(seqloom: Callable, here: Path, tmp_path: Path) -> None:
    (tmp_path / "새.txt").write_text("fine film\ndull film\n", encoding="utf-8")
    assert seqloom("predict", "runs/리뷰", tmp_path / "새.txt").out == "긍정\n부정\n"


def test_probabilities_stand_beside_the_label(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "runs/리뷰", "--proba", stdin="fine film\ndull film\n")
    assert code == 0 and err == "columns: label, then the probability of 긍정, 부정\n"
    for line, label in zip(out.splitlines(), ("긍정", "부정"), strict=True):
        said, *probabilities = line.split("\t")
        assert said == label and sum(map(float, probabilities)) == pytest.approx(1, abs=1e-5)


def test_json_is_a_document_a_row(seqloom: Callable, here: Path) -> None:
    out = seqloom("predict", "runs/리뷰", "--json", stdin="fine film\ndull film\n").out
    found = [json.loads(line) for line in out.splitlines()]
    assert [row["label"] for row in found] == ["긍정", "부정"]
    assert list(found[0]["probabilities"]) == ["긍정", "부정"]


def test_a_threshold_moves_the_decision(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "runs/리뷰", "--threshold", "0", stdin="fine film\n")
    assert (code, out) == (0, "부정\n")
    assert err == "'부정' is answered where its probability reaches the threshold, else '긍정'.\n"
    assert seqloom("predict", "runs/리뷰", "--threshold", "1", stdin="fine film\n").out == "긍정\n"


def test_pairs_are_two_cells(seqloom: Callable, here: Path) -> None:
    code, out, _ = seqloom("predict", "runs/pairs", stdin="rain\train\n눈\t비\n")
    assert code == 0 and out.count("\n") == 2
    answer = seqloom("predict", "runs/pairs", stdin="rain\train\nsnow\n")
    assert answer.code == 2 and "standard input:2: 1 column(s), expected 2 (q1, q2)" in answer.err


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["runs/reviews"], 3, "there is no such run."),
        (["runs/리뷰", "none.txt"], 2, "no file none.txt"),
        (["runs/리뷰", "--threshold", "2"], 2, "invalid value for '--threshold'"),
        (["runs/리뷰", "--format", "tvs"], 2, "unknown format 'tvs'"),
        (["runs/리뷰", "reviews.tsv", "--format", "tsv"], 2, "--format is for standard input"),
        (["runs/hello"], 2, "this run's task is language, which gives no labels"),
        (["runs/hello", "--threshold", "0.5"], 2, "this run's task is language, which gives no labels"),
    ],
)
def test_what_cannot_be_answered_is_said(seqloom: Callable, here: Path, line: list[str], code: int, said: str) -> None:
    answer = seqloom("predict", *line, stdin="fine film\n")
    assert (answer.code, answer.out) == (code, "") and said in answer.err


def test_it_is_a_filter(here: Path) -> None:
    """A slow writer gets its answers line by line, and a reader that leaves is no error."""
    with subprocess.Popen(
        [*SEQLOOM, "predict", "runs/리뷰"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as filter_:
        assert filter_.stdin and filter_.stdout and filter_.stderr
        for text, label in (("fine film\n", "긍정\n"), ("dull film\n", "부정\n")):
            filter_.stdin.write(text.encode())
            filter_.stdin.flush()
            assert filter_.stdout.readline().decode() == label  # before stdin ends
        filter_.stdout.close()
        filter_.stdin.write(b"fine film\n" * 10_000)
        filter_.stdin.close()
        assert filter_.wait(60) == 0 and filter_.stderr.read() == b""


def test_on_a_terminal_it_is_a_prompt(seqloom: Callable, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(io, "TextIOWrapper", Terminal)
    code, out, err = seqloom("predict", "runs/리뷰", stdin="fine film\ndull film\n")
    assert (code, out) == (0, "긍정\n부정\n") and err.count("text> ") == 3 and "Ctrl-D" in err
    code, out, err = seqloom("predict", "runs/pairs", stdin="rain\nrain\n눈\n")
    assert code == 0 and out.count("\n") == 1 and err.count("q1> ") == 2 and err.count("q2> ") == 2
