"""predict of a run that writes: answers in order, hypotheses with scores, samples, ensembles, a prompt."""

import contextlib
import io
import json
import math
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = ["-s", "encoder.size=24", "-s", "decoder.size=24", "-s", "source.size=16", "-s", "target.size=16"]
SMALL += ["-s", "source.dropout=0", "-s", "target.dropout=0", "-s", "heads.words.dropout=0", "-s", "bridge.size=24"]
SMALL += ["-s", "fit.schedule=constant", "-s", "fit.warmup=0", "-s", "fit.lr=0.02", "-s", "fit.batch_tokens=256"]
WRITTEN = {"one": "하나", "two": "둘", "three": "셋", "four": "넷"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs/수 and runs/other (transduce, numbers to Hangul), runs/말 (chat) and runs/labels."""
    from seqloom.cli.main import main

    folder = tmp_path_factory.mktemp("writing")
    rows = [
        f"{'very ' * (n % 3)}{word}\t{'아주 ' * (n % 3)}{said}" for n in range(12) for word, said in WRITTEN.items()
    ]
    (folder / "numbers.tsv").write_text("source\ttarget\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "labels.tsv").write_text("text\tlabel\n" + "".join(f"{n} a\tx\n{n} b\ty\n" for n in range(20)))
    train = ["train", "transduce", "numbers.tsv", "--arch", "bahdanau", *SMALL, "--steps"]
    chat = [
        "train",
        "chat",
        "numbers.tsv",
        "--arch",
        "gru",
        *SMALL,
        "-s",
        "target.tokens=char",
        "-s",
        "source.tokens=char",
    ]
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        assert main([*train, "150", "--out", "runs/수"]) == 0
        assert main([*train, "10", "--out", "runs/other", "-s", "fit.seed=3"]) == 0
        assert main([*chat, "--steps", "2", "--out", "runs/말"]) == 0
        assert main(["train", "classify", "labels.tsv", "--arch", "bag", "--steps", "2", "--out", "runs/labels"]) == 0
    return folder


@pytest.fixture
def here(seqloom: Callable, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(runs)
    return runs


def test_lines_are_answered_in_order_and_an_empty_one_with_nothing(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "runs/수", stdin="three\none\n\nvery two\nfour\n")
    assert (code, out, err) == (0, "셋\n하나\n\n아주 둘\n넷\n", "")


def test_a_file_is_read_as_in_training(seqloom: Callable, here: Path) -> None:
    rows = "".join(f"{said}\t{word}\n" for word, said in WRITTEN.items())
    Path("turned.tsv").write_text("target\tsource\n" + rows, encoding="utf-8")
    assert seqloom("predict", "runs/수", "turned.tsv").out.splitlines() == list(WRITTEN.values())


def test_hypotheses_have_their_scores(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "runs/수", "--beam", "4", "--n-best", "3", stdin="two\none\n")
    assert code == 0 and err == "columns: row, answer, ln of its probability, score by which answers are ranked\n"
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == ["1"] * 3 + ["2"] * 3 and [rows[0][1], rows[3][1]] == ["둘", "하나"]
    for _, text, logprob, score in rows:
        assert float(score) == pytest.approx(float(logprob) / (len(text) + 1), abs=1e-3), "the mean of a token"
    assert [float(row[3]) for row in rows[:3]] == sorted((float(row[3]) for row in rows[:3]), reverse=True)


def test_the_length_penalty_is_that_asked_for(seqloom: Callable, here: Path) -> None:
    line = ["predict", "runs/수", "-n", "2", "--length-penalty"]
    for _, _, logprob, score in (row.split("\t") for row in seqloom(*line, "none", stdin="two\n").out.splitlines()):
        assert score == logprob
    (first, *_) = seqloom(*line, "gnmt", "--alpha", "2", stdin="two\n").out.splitlines()
    _, text, logprob, score = first.split("\t")
    assert float(score) == pytest.approx(float(logprob) / ((5 + len(text) + 1) / 6) ** 2, abs=1e-3)


def test_json_is_a_document_a_row(seqloom: Callable, here: Path) -> None:
    out = seqloom("predict", "runs/수", "--json", "--n-best", "2", stdin="two\nfour\n").out
    two, four = (json.loads(line) for line in out.splitlines())
    assert two["text"] == "둘" == two["hypotheses"][0]["text"] and four["text"] == "넷"
    assert len(two["hypotheses"]) == 2 and math.exp(two["hypotheses"][0]["logprob"]) > 0.3
    assert two["hypotheses"][0]["finished"] is True


def test_what_is_forbidden_is_not_written_and_what_is_forced_is(seqloom: Callable, here: Path) -> None:
    assert "둘" not in seqloom("predict", "runs/수", "--forbid", "둘", "--forbid", "셋", stdin="two\n").out
    assert seqloom("predict", "runs/수", "--prefix", "아주 ", stdin="two\n").out.startswith("아주 ")
    assert len(seqloom("predict", "runs/수", "--max-length", "3", stdin="very very two\n").out) <= 4


def test_samples_follow_from_the_seed_and_the_row(seqloom: Callable, here: Path) -> None:
    line = ["predict", "runs/수", "--samples", "4", "--temperature", "3"]
    first = seqloom(*line, "--seed", "5", stdin="two\ntwo\n").out
    assert first == seqloom(*line, "--seed", "5", stdin="two\ntwo\n").out != seqloom(*line, stdin="two\ntwo\n").out
    rows = [row.split("\t")[:2] for row in first.splitlines()]
    assert [row[0] for row in rows] == ["1"] * 4 + ["2"] * 4
    assert [row[1] for row in rows[:4]] != [row[1] for row in rows[4:]], "another row, another draw"
    assert set(seqloom(*line, "--top-k", "1", stdin="two\n").out.split("\t")[1::3]) == {"둘"}


def test_rows_that_come_later_are_drawn_as_if_they_had_come_at_once(here: Path) -> None:
    """Rows in one piece and rows that arrive one by one have the same numbers, from which samples follow."""
    command = [sys.executable, "-m", "seqloom.cli.main", "predict", "runs/수", "--samples", "1", "--temperature", "5"]
    whole = subprocess.run(command, input="two\n" * 3, capture_output=True, text=True, encoding="utf-8", check=True)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as filter_:
        assert filter_.stdin and filter_.stdout
        lines = []
        for _ in range(3):
            filter_.stdin.write(b"two\n")
            filter_.stdin.flush()
            lines.append(filter_.stdout.readline().decode())  # before stdin ends
        filter_.stdin.close()
        assert filter_.wait(60) == 0
    assert "".join(lines) == whole.stdout and len(set(lines)) > 1


def test_runs_answer_together(seqloom: Callable, here: Path) -> None:
    def score(*more: str) -> float:
        out = seqloom("predict", "runs/수", "--json", *more, stdin="two\n").out
        return float(json.loads(out)["hypotheses"][0]["logprob"])

    one, both = score(), score("--ensemble", "runs/other")
    assert both < one, "the other has learnt less"
    assert seqloom("predict", "runs/수", "--ensemble", "runs/other", stdin="two\n").out == "둘\n"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["runs/수", "--proba"], 2, "--proba is for labels, and this run's task is transduce."),
        (["runs/수", "--threshold", "0.5"], 2, "--threshold is for labels, and this run's task is transduce."),
        (["runs/labels", "--beam", "3"], 2, "--beam shapes answers that are written, and this run's task is classify."),
        (["runs/labels", "--n-best", "2", "--forbid", "x"], 2, "--n-best, --forbid shapes answers"),
        (["runs/labels", "--ensemble", "runs/수"], 2, "--ensemble shapes answers"),
        (["runs/수", "--temperature", "0.5"], 2, "shape samples, not a search. Set samples=1 or more."),
        (["runs/수", "--beam", "2", "--n-best", "3"], 2, "best=3 asks for more hypotheses than beam=2 keeps"),
        (["runs/수", "--length-penalty", "sqrt"], 2, "length_penalty='sqrt' is not known: none, gnmt or average."),
        (["runs/수", "--ensemble", "runs/말"], 2, "runs/말 has other vocabularies than runs/수"),
        (["runs/수", "--ensemble", "runs/nobody"], 3, "there is no such run."),
        (["runs/수", "--forbid", ""], 2, "cannot be forbidden: it has no tokens"),
        (["runs/수", "--beam", "0"], 2, "invalid value for '--beam'"),
    ],
)
def test_what_does_not_apply_is_said(seqloom: Callable, here: Path, line: list[str], code: int, said: str) -> None:
    answer = seqloom("predict", *line, stdin="two\n")
    assert (answer.code, answer.out) == (code, "") and said in answer.err, answer.err


def test_on_a_terminal_it_is_a_prompt(seqloom: Callable, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(io, "TextIOWrapper", Terminal)
    code, out, err = seqloom("predict", "runs/수", stdin="two\nfour\n")
    assert (code, out) == (0, "둘\n넷\n") and err.count("text> ") == 3 and "Ctrl-D" in err
    code, out, err = seqloom("predict", "runs/말", stdin="two\n")
    assert code == 0 and out.count("\n") == 1 and err.count("you> ") == 2 and err.count("bot> ") == 1


def test_a_precision_rounds_and_says_how(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "runs/수", "--precision", "int8", "-v", stdin="three\none\n")
    assert (code, out) == (0, "셋\n하나\n")
    assert err.count("seqloom: note: answers are written") == 1
    whole = json.loads(seqloom("predict", "runs/수", "--json", stdin="very two\n").out)
    rounded = json.loads(seqloom("predict", "runs/수", "--json", "--precision", "int8", stdin="very two\n").out)
    assert rounded["text"] == whole["text"]
    logprobs = [one["hypotheses"][0]["logprob"] for one in (whole, rounded)]
    assert logprobs[0] != logprobs[1]
    assert logprobs[0] == pytest.approx(logprobs[1], abs=0.5)


def test_the_reason_for_no_native_search_is_said(seqloom: Callable, here: Path) -> None:
    _, out, err = seqloom("predict", "runs/수", "--coverage", "0.1", "-v", stdin="three\n")
    assert "step by step, not natively: the coverage penalty looks at attention" in err
    assert seqloom("predict", "runs/수", "--coverage", "0.1", stdin="three\n") == (0, out, "")


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_a_precision_that_there_is_not(seqloom: Callable, here: Path, verb: str) -> None:
    code, _, err = seqloom(verb, "runs/수", "--precision", "int4", stdin="three\n")
    assert code == 2
    assert "precision=int4 is not known: float32, bf16, int8" in err


HEARING = """
import signal, sys
from seqloom.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
"""A program that hears Ctrl-C also where a shell started the tests in the background, deaf to it."""


def test_ctrl_c_ends_an_answer_that_takes_minutes(here: Path) -> None:
    long = ["--beam", "8", "--min-length", "4999999", "--max-length", "5000000", "--verbose"]
    command = [sys.executable, "-c", HEARING, "predict", "runs/수", *long]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as asked:
        assert asked.stdin and asked.stdout and asked.stderr
        asked.stdin.write("three\n")
        asked.stdin.close()
        while "answers are written" not in (line := asked.stderr.readline()):
            assert line, "it ended by itself"
        with pytest.raises(subprocess.TimeoutExpired):
            asked.wait(1)  # the search goes on
        asked.send_signal(signal.SIGINT)
        try:
            assert asked.wait(20) == 130
        finally:
            asked.kill()
        assert asked.stderr.read() == "seqloom: stopped.\n"
        assert asked.stdout.read() == ""
