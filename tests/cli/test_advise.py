import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Return a file of reviews whose label one word tells, in a folder with a space in its name."""
    chosen, lines = random.Random(3), ["text\tlabel"]
    for number in range(120):
        label = chosen.choice(["좋음", "나쁨"])
        lines.append(f"{label} {chosen.choice(['film', '영화'])} {number % 9}\t{label}")
    path = tmp_path / "내 reviews.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the seconds that this process computes: what else the machine does then changes nothing."""
    monkeypatch.setattr(time, "perf_counter", time.process_time)


SMALL = ("-s", "source.tokens=word", "--archs", "gru,bag", "--budget", "5s", "--device", "cpu")


def test_advice_is_a_command_with_its_evidence(reviews: Path, seqloom: Callable) -> None:
    answer = seqloom("advise", "classify", reviews, *SMALL, "--valid", "0.3")
    assert answer.code == 0, answer.err
    assert answer.out.startswith(("Take gru.", "Take bag.")) and "Judged on " in answer.out
    assert f"seqloom train classify '{reviews}' --arch " in answer.out and "--valid 0.3" in answer.out
    assert "seqloom compare classify" in answer.out and "always the commonest label" in answer.out
    assert "rung 1 of 1" in answer.err and "s of 5 taken" in answer.err


def test_advice_is_one_document_for_machines(reviews: Path, seqloom: Callable) -> None:
    answer = seqloom("advise", "classify", reviews, *SMALL, "--json")
    assert answer.code == 0, answer.err
    told = json.loads(answer.out)
    assert told["pick"] in ("gru", "bag") and told["seconds"] > 0 and told["budget_seconds"] == 5
    assert {one["arch"] for one in told["contestants"]} == {"gru", "bag"} and told["why"] and told["limits"]
    assert told["naive"]["about"] == "always the commonest label" and told["sight"]["labels"]["label"]["count"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--budget", "500steps"], "a time for everything together"),
        (["--budget", "2s"], "in less than 5 s"),
        (["--budget", "soon"], "has no unit"),
        (["--archs", "gru"], "a choice between two architectures at least"),
        (["--archs", "gru,lstn"], "unknown architecture 'lstn'; did you mean 'lstm'"),
        (["--metric", "acuracy", "--budget", "5s", "--archs", "gru,bag"], "metric=acuracy"),
        (["--valid", "0", "--budget", "5s"], "rows held out"),
        (["-s", "encoder.sise=3", "--archs", "gru,bag"], "sise"),
    ],
)
def test_what_cannot_be_is_said(reviews: Path, seqloom: Callable, words: list[str], said: str) -> None:
    answer = seqloom("advise", "classify", reviews, *words)
    assert answer.code == 2 and said in answer.err and "Traceback" not in answer.err, answer.err
    assert answer.out == ""


def test_a_file_that_is_not_there(seqloom: Callable) -> None:
    answer = seqloom("advise", "classify", "none.tsv", "--budget", "5s")
    assert answer.code == 2 and "none.tsv" in answer.err
    assert seqloom("advise", "classify").code == 2 and seqloom("advise").code == 2
