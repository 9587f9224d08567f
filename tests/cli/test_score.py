"""score: how probable each line is, in order."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def here(seqloom: Callable, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_lines_are_scored_in_order(seqloom: Callable, here: Path, tmp_path: Path) -> None:
    text = "hello\nholle\n\nhe\tlo\n"
    code, out, err = seqloom("score", "runs/hello", stdin=text)
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0 and [row[2] for row in rows] == ["hello", "holle", "", "he\\tlo"]
    assert [row[1] for row in rows] == ["6", "6", "1", "6"], "a line's end counts"
    assert 0 > float(rows[0][0]) > float(rows[1][0])
    total = sum(float(row[0]) for row in rows)
    said = err.splitlines()[-1]
    lines, nats, perplexity = said.split(", ")[0], float(said.split()[4]), float(said.split()[-1])
    assert lines == "4 lines" and nats == pytest.approx(-total / 19, abs=1e-3)
    assert perplexity == pytest.approx(math.exp(-total / 19), rel=1e-3)
    (tmp_path / "글.txt").write_text(text, encoding="utf-8")
    assert seqloom("score", "runs/hello", tmp_path / "글.txt").out == out


def test_the_probability_is_the_product_of_the_steps(seqloom: Callable, here: Path) -> None:
    scored = json.loads(seqloom("score", "runs/hello", "--json", stdin="hello\n").out)
    line = ["generate", "runs/hello", "-p", "\nhello\n", "--length", "1", "--watch", "--json"]
    steps = json.loads(seqloom(*line).out)["samples"][0]["steps"][:6]
    assert [step["token"] for step in steps] == ["h", "e", "l", "l", "o", "\\n"]
    product = sum(math.log(step["probability"]) for step in steps)
    assert scored == {"text": "hello", "nats": pytest.approx(product, rel=1e-4), "tokens": 6}


def test_unknown_letters_are_said(seqloom: Callable, here: Path) -> None:
    err = seqloom("score", "runs/hello", stdin="héllo\nhello\n").err
    assert "note: 1 of the 12 tokens do not occur in what the model learnt" in err


def test_nothing_is_nothing(seqloom: Callable, here: Path) -> None:
    assert seqloom("score", "runs/hello", stdin="") == (0, "", "")


@pytest.mark.parametrize(
    ("line", "stdin", "code", "said"),
    [
        (["runs/none"], b"", 3, "there is no such run"),
        (["runs/hello", "none.txt"], b"", 2, "no file none.txt"),
        (["runs/리뷰"], b"", 2, "this run's task is classify, which writes no text"),
        (["runs/hello"], b"hello\nh\xffllo\n", 2, "standard input:2: byte 2 of the line is not UTF-8"),
    ],
)
def test_what_cannot_be_scored_is_said(
    seqloom: Callable, here: Path, line: list[str], stdin: bytes, code: int, said: str
) -> None:
    answer = seqloom("score", *line, stdin=stdin)
    assert answer.code == code and said in answer.err
