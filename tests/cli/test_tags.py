"""The verbs on tagged sentences: columns kept and one added, spans marked, counts, and options refused."""

import contextlib
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = "encoder.size=8 source.size=8 source.letters_size=4 fit.batch_tokens=64 fit.lr=0.03 data.valid=0.2".split()  # noqa: SIM905
SMALL += ["source.dropout=0", "heads.tags.dropout=0", "heads.intent.dropout=0", "source.unknown_rate=0"]
NAMES = "".join(
    f"# 문장 {n}\nno{n % 5} CD O\nto TO O\n"
    + ("New NNP I-도시\nYork NNP I-도시\n\n" if n % 2 else "서울 NNP I-도시\n\n")
    for n in range(30)
)
SPEECH = "".join(f'{{"words": ["나는", "{n}번"], "tags": ["PRON", "NOUN"], "id": {n}.50}}\n' for n in range(30))
SLOTS = "".join(f"fly:O to:O c{n % 3}:B-도시 <=> 비행\nfare:O n{n}:O <=> 요금\n" for n in range(20))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs/이름 (spans in IOB1), runs/speech (a softmax) and runs/slots (with an intent)."""
    from seqloom.cli.main import main

    folder = tmp_path_factory.mktemp("tagging")
    small = [word for setting in SMALL for word in ("-s", setting)]
    for name, text in {"이름.conll": NAMES, "speech.jsonl": SPEECH, "slots.txt": SLOTS}.items():
        (folder / name).write_text(text, encoding="utf-8")
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        assert main(["train", "tag", "이름.conll", "--steps", "60", "--out", "runs/이름", *small]) == 0
        assert main(["train", "tag", "speech.jsonl", "--steps", "40", "--out", "runs/speech", *small]) == 0
        assert main(["train", "tag", "slots.txt", "--steps", "150", "--out", "runs/slots", *small]) == 0
    return folder


@pytest.fixture
def here(seqloom: Callable, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(runs)
    return runs


def test_a_file_keeps_its_lines_and_gets_a_column(seqloom: Callable, here: Path) -> None:
    code, out, _ = seqloom("predict", "runs/이름", "이름.conll")
    assert code == 0
    lines = NAMES.split("\n")
    assert len(out.split("\n")) == len(lines)
    for old, new in zip(lines, out.split("\n"), strict=True):
        assert new == (old if not old or old.startswith("#") else f"{old} {old.split(' ')[-1]}")


def test_json_lines_get_a_key_and_slots_two_columns(seqloom: Callable, here: Path) -> None:
    out = seqloom("predict", "runs/speech", "speech.jsonl").out
    assert out.split("\n")[7] == (
        '{"words": ["나는", "7번"], "tags": ["PRON", "NOUN"], "id": 7.50, "predicted": ["PRON", "NOUN"]}'
    )
    out = seqloom("predict", "runs/slots", "slots.txt").out
    assert out.split("\n")[0] == "fly:O to:O c0:B-도시 <=> 비행\tO O B-도시\t비행"
    assert out.split("\n")[1] == "fare:O n0:O <=> 요금\tO O\t요금"


def test_lines_of_words_are_answered_row_for_row(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("predict", "runs/이름", stdin="no1  to New York\n\nno2 to 서울\r\n")
    assert (code, err) == (0, "")
    assert out == "no1  to New York\tO O I-도시 I-도시\n\t\nno2 to 서울\tO O I-도시\n"
    assert seqloom("predict", "runs/slots", "-", stdin="fly to c1\n").out == "fly to c1\tO O B-도시\t비행\n"


def test_json_has_spans_and_with_options_more(seqloom: Callable, here: Path) -> None:
    plain = json.loads(seqloom("predict", "runs/이름", "--json", stdin="no1 to New York\n").out)
    assert plain == {
        "words": ["no1", "to", "New", "York"],
        "tags": ["O", "O", "I-도시", "I-도시"],
        "spans": [{"type": "도시", "start": 2, "end": 4, "text": "New York"}],
    }
    more = json.loads(seqloom("predict", "runs/이름", "--json", "--proba", "-n", "2", stdin="no1 to 서울\n").out)
    assert len(more["probabilities"]) == 3 and min(more["probabilities"]) > 0.3
    assert more["hypotheses"][0]["tags"] == more["tags"] and len(more["hypotheses"]) == 2
    assert more["hypotheses"][0]["logprob"] > more["hypotheses"][1]["logprob"]
    found = [json.loads(line) for line in seqloom("predict", "runs/slots", "slots.txt", "--json").out.splitlines()]
    assert len(found) == 40 and found[0]["label"] == "비행"


@pytest.mark.parametrize(
    ("run", "format", "given", "answered", "said"),
    [
        ("이름", "conll", "# x\nno1\nto\n서울\n", "# x\nno1 O\nto O\n서울 I-도시\n", ""),
        ("speech", "text", "나는 3번\n", "나는 3번\tPRON NOUN\n", ""),
        ("speech", "conll", "나는 x\n3번 y\n", "나는 x PRON\n3번 y NOUN\n", "Its words are read from column 1."),
    ],
)
def test_a_whole_file_may_come_on_stdin(
    seqloom: Callable, here: Path, run: str, format: str, given: str, answered: str, said: str
) -> None:
    answer = seqloom("predict", f"runs/{run}", "--format", format, stdin=given)
    assert (answer.code, answer.out) == (0, answered) and said in answer.err


@pytest.mark.parametrize(("plain", "shown"), [(True, "no1 to [New York: 도시]"), (False, "\x1b[1;3")])
def test_a_terminal_shows_spans(here: Path, plain: bool, shown: str) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "OMP_NUM_THREADS": "1"}
    environment.pop("NO_COLOR", None)
    if plain:
        environment["NO_COLOR"] = "1"
    command = [sys.executable, "-m", "seqloom.cli.main", "predict", "runs/이름"]
    done = subprocess.run(
        command, input=b"no1 to New York\n", stdout=theirs, stderr=subprocess.PIPE, env=environment, timeout=120
    )
    os.close(theirs)
    text = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.returncode == 0 and shown in text, text
    if not plain:
        assert "New York\x1b[0m" in text and "\x1b[2m 도시\x1b[0m" in text


def test_other_tags_and_intents_are_shown_plainly() -> None:
    from seqloom.cli.tags import marked
    from seqloom.data.spans import Span
    from seqloom.tasks.tag_answers import Tagged

    assert marked(Tagged(["나는", "간다"], ["PRON", "VERB"], []), False) == "나는/PRON 간다/VERB"
    assert marked(Tagged(["fly"], ["O"], [], "flight"), False) == "fly  (flight)"
    assert marked(Tagged(["a"], ["B-x"], [Span("x", 0, 1)], "f"), False) == "[a: x]  (f)"


def test_evaluate_has_a_row_for_each_type_or_tag(seqloom: Callable, here: Path) -> None:
    out = seqloom("evaluate", "runs/이름", "이름.conll").out
    assert "span_f1            1.0000" in out and "1.0000   1.0000   1.0000      30\n" in out
    assert "f1/" not in out
    out = seqloom("evaluate", "runs/speech").out
    assert "token_accuracy" in out and "PRON" in out and "span" not in out
    values = json.loads(seqloom("evaluate", "runs/slots", "slots.txt", "--json").out)
    assert values["intent.accuracy"] == 1.0 and values["per_type"][0]["spans"] == 20
    assert {row["tag"] for row in values["per_tag"]} == {"O", "B-도시"}


def test_check_counts_what_is_there(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("check", "tag", "이름.conll", "--valid", "0.2")
    assert code == 0 and "the tags write 30 spans in iob1; learnt as iob2" in err
    for said in ("(conll)", "iob1, learnt as iob2; 0 odd tags", "sentences", "unseen in training", "도시"):
        assert said in out
    found = json.loads(seqloom("check", "tag", "slots.txt", "--json", "--valid", "0.2").out)
    assert found["train"]["sentences"] + found["valid"]["sentences"] == 40
    assert sum(found["train"]["tags"].values()) == found["train"]["words"]
    assert set(found["train"]["labels"]) == {"비행", "요금"} and found["columns"]["label"] == "intent"
    (here / "other.txt").write_text("fly:O to:B-x <=> 비행\n", encoding="utf-8")
    found = json.loads(seqloom("check", "tag", "slots.txt", "--json", "--valid", "other.txt").out)
    assert found["valid"]["tags_not_in_training"] == 1 and found["valid"]["unseen"] == 0
    out = seqloom("check", "tag", "speech.jsonl", "--valid", "0").out
    assert "nothing is held out" in out and "PRON" in out and "odd" not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--beam", "3"], "--beam shapes answers that are written, and this run's task is tag."),
        (["--threshold", "0.5"], "--threshold is for labels, and this run's task is tag."),
        (["--proba"], "--proba say more than one column holds: add --json."),
        (["--ensemble", "runs/slots"], "--ensemble shapes answers"),
        (["speech.jsonl", "--format", "conll"], "--format is for standard input"),
        (["--json", "-n", "2"], "only a CRF has a best row of tags and a next"),
        (["none.jsonl"], "no file none.jsonl"),
    ],
)
def test_options_that_say_nothing_to_a_tagger(seqloom: Callable, here: Path, words: list[str], said: str) -> None:
    answer = seqloom("predict", "runs/speech", *words, stdin="나는 가\n")
    assert (answer.code, answer.out) == (2, "") and said in answer.err


def test_a_bad_file_names_its_line(seqloom: Callable, here: Path) -> None:
    (here / "bad.conll").write_text(NAMES + "alone\n", encoding="utf-8")
    answer = seqloom("predict", "runs/이름", "bad.conll")
    assert answer.code == 2 and f"bad.conll:{NAMES.count(chr(10)) + 1}: 1 column, expected 3" in answer.err
    answer = seqloom("predict", "runs/이름", "bad.conll", "--on-bad-row", "skip")
    assert answer.code == 0 and answer.out.endswith("\nalone\n") and "1 bad sentence skipped" in answer.err
