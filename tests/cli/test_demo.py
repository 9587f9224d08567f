"""demo: small models in a few seconds, on dates made here and on the text that Python carries."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.cli.demo_dates import BANDS, MODELS, SENTENCES
from seqloom.cli.demo_language import ARCHS, python_topics
from seqloom.data.dates import FORMS
from seqloom.training.run import load


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn and hold out few rows."""
    monkeypatch.setattr("seqloom.cli.demo_dates.TRAIN", 300)
    monkeypatch.setattr("seqloom.cli.demo_dates.HELD", 40)


def test_three_models_climb_the_ladder(seqloom: Callable, small: None) -> None:
    code, out, err = seqloom("demo", "--seconds", "3")
    assert code == 0, err
    lines = out.splitlines()
    for name in MODELS:
        (row,) = [line for line in lines if line.startswith(name)]
        assert row.count("%") == len(BANDS) + 1 or "-" in row
    for sentence in SENTENCES.values():
        assert any(line.startswith(f"{sentence} -> ") for line in lines)
    assert out.count("darkest █ = ") == 2 and out.count("\n∎ │") == 2 and "토요일" in out
    page = Path("runs/demo/attention.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 4 and "transformer: 토요일" in page and "context" not in page
    for name in SENTENCES:
        assert Path(f"runs/demo/attention-{name}.png").read_bytes().startswith(b"\x89PNG")
    rows = {
        name: Path(f"runs/demo/{name}.tsv").read_text(encoding="utf-8").splitlines() for name in ("train", "held-out")
    }
    assert (len(rows["train"]), len(rows["held-out"])) == (301, 41)
    sources = {name: {line.split("\t")[0] for line in some[1:]} for name, some in rows.items()}
    assert len(sources["train"]) == 300 and not sources["train"] & sources["held-out"]
    assert seqloom("predict", "runs/demo/attention", "--n-best", "2", stdin="3 March 1999\n").code == 0
    assert "exact" in seqloom("evaluate", "runs/demo/transformer", "runs/demo/held-out.tsv").out


def test_the_shares_are_those_of_the_runs(seqloom: Callable, small: None) -> None:
    code, out, _ = seqloom("demo", "dates", "--seconds", "3", "--json", "--out", "날짜")
    found = json.loads(out)
    assert code == 0 and [row["model"] for row in found["runs"]] == list(MODELS) and found["held_out"] == 40
    held = [line.split("\t") for line in Path("날짜/held-out.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    for row in found["runs"]:
        answers = [answer.text for answer in load(row["run"]).predict([source for source, _ in held])]  # type: ignore
        right = [(len(source), answer == target) for (source, target), answer in zip(held, answers, strict=True)]
        assert row["all"] == sum(hit for _, hit in right) / 40
        short = [hit for length, hit in right if length <= 20]
        assert row["1-20 letters"] == sum(short) / len(short) and row["parameters"] > 1000
    assert sorted(Path(file).name for file in found["maps"]) == [
        "attention-english.png", "attention-korean.png", "attention.html",
    ]  # fmt: skip


def test_without_the_program_for_pictures_there_is_still_the_page(
    seqloom: Callable, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    code, _, err = seqloom("demo", "--seconds", "2")
    assert code == 0 and "note: no pictures: a PNG needs vl-convert-python" in err
    assert Path("runs/demo/attention.html").is_file() and not list(Path("runs/demo").glob("*.png"))


def test_sentences_are_of_known_forms() -> None:
    assert set(SENTENCES.values()) <= set(FORMS)


def test_the_time_asked_for_is_a_number_of_updates(seqloom: Callable, small: None) -> None:
    err = seqloom("demo", "--seconds", "1.2").err
    assert [f"{name}: {round(steps / 100)} updates" in err for name, (_, steps, _) in MODELS.items()] == [True] * 3


def test_four_models_learn_and_write(seqloom: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    text = python_topics()
    monkeypatch.setattr("seqloom.cli.demo_language.python_topics", lambda: text[:20_000])
    code, out, err = seqloom("demo", "language", "--seconds", "2")
    assert code == 0, err
    assert Path("runs/demo/python-topics.txt").read_text(encoding="utf-8") == text[:20_000]
    table = [line.split() for line in out.splitlines() if line.split(" ")[0] in ARCHS and "writes" not in line]
    names, nats = [row[0] for row in table], [float(row[1].rstrip("*")) for row in table]
    assert sorted(names) == sorted(ARCHS), "a row each in the table"
    assert nats == sorted(nats, reverse=True), "best last"
    assert out.count("writes, at temperature 0.8") == 4 and f"seqloom generate runs/demo/{names[3]}" in out
    assert seqloom("generate", "runs/demo/gru", "--length", "3").code == 0, "the runs can be used"
    monkeypatch.setattr("seqloom.cli.demo_language.ARCHS", {"rnn": ("decoder.size=8",)})
    again = seqloom("demo", "language", "--seconds", "1", "--json")
    found = json.loads(again.out)
    assert again.code == 0 and found["folder"] == "runs/demo-2", "a second time takes the next folder"
    assert [row["arch"] for row in found["runs"]] == ["rnn"] and found["text"] == "runs/demo-2/python-topics.txt"
    assert all(len(row["sample"]) >= 150 and row["nats"] > 0 and row["parameters"] > 0 for row in found["runs"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--seconds", "0"], "a demo of 0 seconds cannot be; give a time above 0."),
        (["--minutes", "soon"], "invalid value for '--minutes'"),
        (["--out", "."], "--out . is there already."),
        (["date"], "unknown demo 'date'; did you mean 'dates'? Known: dates, language"),
    ],
)
def test_wrong_wishes_are_said(seqloom: Callable, line: list[str], said: str) -> None:
    answer = seqloom("demo", *line)
    assert (answer.code, answer.out) == (2, "") and said in answer.err


def test_a_python_without_the_text_is_said(seqloom: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    code, out, err = seqloom("demo", "language")
    assert (code, out) == (2, "") and "comes without pydoc_data.topics" in err and "seqloom train language" in err


def test_the_text_is_english_and_long() -> None:
    text = python_topics()
    assert len(text) > 300_000 and "function" in text
