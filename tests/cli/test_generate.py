"""generate: text as it is written, and what the model expected."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def here(seqloom: Callable, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_the_prompt_is_continued(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("generate", "runs/hello", "--prompt", "hell", "--length", "7", "--temperature", "0")
    assert (code, out, err) == (0, "hello\nhello\n", "")


def test_hell_is_followed_by_o(seqloom: Callable, here: Path) -> None:
    line = ["generate", "runs/hello", "--prompt", "hell", "--watch", "--temperature", "0", "--length", "1"]
    code, out, _ = seqloom(*line)
    blocks = out.strip().split("\n\n")
    assert code == 0 and blocks[-1] == "hello" and len(blocks) == 5
    assert [block.split("  ")[0] for block in blocks[:4]] == ["h -> e", "he -> l", "hel -> l", "hell -> o"]
    last = blocks[3].splitlines()
    assert len(last) == 6 and last[1].startswith("o") and "█" in last[1] and last[1].endswith("%")


def test_a_long_context_is_cut(seqloom: Callable, here: Path) -> None:
    out = seqloom("generate", "runs/hello", "-p", "hello\n" * 6, "--watch", "--length", "1").out
    assert "\n…" in out


def test_unknown_letters_of_the_prompt_are_said(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("generate", "runs/hello", "-p", "안hell", "--length", "1")
    assert code == 0 and out.startswith("안hell") and "1 token(s) of the prompt do not occur" in err


def test_a_stop_text_ends_it(seqloom: Callable, here: Path) -> None:
    assert seqloom("generate", "runs/hello", "-p", "he", "--stop", "o", "-t", "0").out == "hell\n"


def test_a_seed_is_a_text_and_n_takes_the_next(seqloom: Callable, here: Path) -> None:
    line = ["generate", "runs/hello", "--length", "30", "-t", "4"]
    one, two = seqloom(*line, "--seed", "1").out, seqloom(*line, "--seed", "2").out
    assert one != two and seqloom(*line, "--seed", "1").out == one
    assert seqloom(*line, "--seed", "1", "-n", "2").out == f"--- 1 of 2, seed 1\n{one}--- 2 of 2, seed 2\n{two}"


def test_json_is_one_document(seqloom: Callable, here: Path) -> None:
    line = ["generate", "runs/hello", "-p", "hell", "-n", "2", "-t", "0", "--length", "2", "--json"]
    found = json.loads(seqloom(*line).out)
    assert found["prompt"] == "hell" and [one["text"] for one in found["samples"]] == ["o\n", "o\n"]
    assert "steps" not in found["samples"][0]
    steps = json.loads(seqloom(*line, "--watch").out)["samples"][0]["steps"]
    assert [step["token"] for step in steps] == ["e", "l", "l", "o", "\\n"] and steps[3]["alternatives"]["o"] > 0.5


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["runs/helo"], 3, "Did you mean runs/hello?"),
        (["runs/리뷰"], 2, "this run's task is classify, which writes no text"),
        (["runs/hello", "--temperature", "-1"], 2, "invalid value for '--temperature'"),
        (["runs/hello", "--top-p", "7"], 2, "top_p=7.0 cannot be used: it must be above 0 and at most 1."),
        (["runs/hello", "--min-p", "7"], 2, "min_p=7.0 cannot be used: it must be above 0 and at most 1."),
        (["runs/hello", "--length", "many"], 2, "invalid value for '--length'"),
        (["runs/hello", "--n", "0"], 2, "invalid value for '--n'"),
    ],
)
def test_what_cannot_be_written_is_said(seqloom: Callable, here: Path, line: list[str], code: int, said: str) -> None:
    answer = seqloom("generate", *line)
    assert answer.code == code and said in answer.err and "Traceback" not in answer.err
