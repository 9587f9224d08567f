"""predict for a task of pairs: a text a row, several with their scores, a prompt, and what is refused."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

DAYS = {"월요일": "mon", "화요일": "tue", "수요일": "wed", "monday": "mon", "tuesday": "tue"}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with days.tsv and runs/days and runs/other, which learnt its rows by heart."""
    from seqloom.cli.main import main

    folder = tmp_path_factory.mktemp("days")
    rows = [f"{one}\t{other}" for one, other in DAYS.items()] * 6
    (folder / "days.tsv").write_text("source\ttarget\n" + "\n".join(rows) + "\n", encoding="utf-8")
    small = "source.size=16 target.size=16 encoder.size=16 decoder.size=24 bridge.size=16 fit.batch_tokens=256"
    small += (
        " fit.lr=0.02 fit.schedule=constant fit.metric=loss source.dropout=0 target.dropout=0 heads.words.dropout=0"
    )
    words = ["--valid", "days.tsv", "--arch", "bahdanau", "--steps", "80"]
    words += [word for one in small.split() for word in ("-s", one)]
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for name, seed in (("days", "7"), ("other", "8")):
            assert main(["train", "transduce", "days.tsv", *words, "--seed", seed, "--out", f"runs/{name}"]) == 0
    return folder


@pytest.fixture
def here(seqloom: Callable, days: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(days)
    return days


def test_rows_are_answered_in_order(seqloom: Callable, here: Path) -> None:
    assert seqloom("predict", "runs/days", stdin="수요일\nmonday\n화요일\n") == (0, "wed\nmon\ntue\n", "")


def test_a_file_is_answered_row_for_row(seqloom: Callable, here: Path) -> None:
    code, out, _ = seqloom("predict", "runs/days", "days.tsv")
    assert code == 0 and out.split() == [*DAYS.values()] * 6


def test_several_answers_have_their_scores(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "runs/days", "--beam", "4", "--n-best", "3", stdin="월요일\ntuesday\n")
    assert code == 0 and "columns: row, rank, ln p in nats, score after penalties, text" in err
    cells = [line.split("\t") for line in out.splitlines()]
    assert [cell[:2] for cell in cells] == [[row, rank] for row in "12" for rank in "123"]
    assert cells[0][4] == "mon" and cells[3][4] == "tue" and float(cells[0][3]) >= float(cells[1][3])


def test_json_holds_every_hypothesis(seqloom: Callable, here: Path) -> None:
    found = json.loads(seqloom("predict", "runs/days", "--json", "--n-best", "2", stdin="월요일\n").out)
    assert found["text"] == "mon" == found["hypotheses"][0]["text"] and len(found["hypotheses"]) == 2
    assert found["hypotheses"][0]["tokens"] == ["m", "o", "n"] and found["hypotheses"][0]["logprob"] < 0


def test_what_is_forbidden_or_begun_is_obeyed(seqloom: Callable, here: Path) -> None:
    assert "mon" not in seqloom("predict", "runs/days", "--forbid", "mon", stdin="월요일\n").out
    assert seqloom("predict", "runs/days", "--prefix", "tu", stdin="월요일\n").out.startswith("tu")


def test_samples_follow_from_the_seed_and_the_row(seqloom: Callable, here: Path) -> None:
    words = ["predict", "runs/days", "--samples", "3", "--temperature", "3", "--seed", "5"]
    first = seqloom(*words, stdin="월요일\n화요일\n").out
    assert first == seqloom(*words, stdin="월요일\n화요일\n").out and len(first.splitlines()) == 6
    assert first != seqloom(*words[:-1], "6", stdin="월요일\n화요일\n").out


def test_runs_answer_together(seqloom: Callable, here: Path) -> None:
    code, out, _ = seqloom("predict", "runs/days", "--ensemble", "runs/other", stdin="수요일\n")
    assert (code, out) == (0, "wed\n")


def test_a_terminal_is_a_prompt(seqloom: Callable, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(io, "TextIOWrapper", Terminal)
    code, out, err = seqloom("predict", "runs/days", stdin="수요일\ntuesday\n")
    assert (code, out) == (0, "wed\ntue\n") and "Ctrl-D" in err and err.count("source> ") + err.count("text> ") == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--proba"], "--proba is for labels, and this run's task is transduce."),
        (["--threshold", "0.5"], "threshold is for labels, and this run's task is transduce."),
        (["--beam", "2", "--n-best", "3"], "best=3 asks for more hypotheses than beam=2 keeps."),
        (["--top-k", "3"], "temperature, top_k, top_p and min_p shape samples, not a search."),
        (["--length-penalty", "long"], "length_penalty='long' is not known: none, gnmt or average."),
        (["--forbid", ""], "'' cannot be forbidden: it has no tokens."),
    ],
)
def test_what_does_nothing_is_refused(seqloom: Callable, here: Path, words: list[str], said: str) -> None:
    code, out, err = seqloom("predict", "runs/days", *words, stdin="월요일\n")
    assert code == 2 and out == "" and said in err
