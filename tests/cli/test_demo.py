"""demo: four models in a few seconds, on the text that Python carries."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.cli.demo import ARCHS, python_topics


def test_four_models_learn_and_write(seqloom: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    text = python_topics()
    monkeypatch.setattr("seqloom.cli.demo.python_topics", lambda: text[:20_000])
    code, out, err = seqloom("demo", "--seconds", "2")
    assert code == 0, err
    assert Path("runs/demo/python-topics.txt").read_text(encoding="utf-8") == text[:20_000]
    table = [line.split() for line in out.splitlines() if line.split(" ")[0] in ARCHS and "writes" not in line]
    names, nats = [row[0] for row in table], [float(row[1].rstrip("*")) for row in table]
    assert sorted(names) == sorted(ARCHS), "a row each in the table"
    assert nats == sorted(nats, reverse=True), "best last"
    assert out.count("writes, at temperature 0.8") == 4 and f"seqloom generate runs/demo/{names[3]}" in out
    assert seqloom("generate", "runs/demo/gru", "--length", "3").code == 0, "the runs can be used"
    monkeypatch.setattr("seqloom.cli.demo.ARCHS", {"rnn": ("decoder.size=8",)})
    again = seqloom("demo", "--seconds", "1", "--json")
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
    ],
)
def test_wrong_wishes_are_said(seqloom: Callable, line: list[str], said: str) -> None:
    answer = seqloom("demo", *line)
    assert (answer.code, answer.out) == (2, "") and said in answer.err


def test_a_python_without_the_text_is_said(seqloom: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    code, out, err = seqloom("demo")
    assert (code, out) == (2, "") and "comes without pydoc_data.topics" in err and "seqloom train language" in err


def test_the_text_is_english_and_long() -> None:
    text = python_topics()
    assert len(text) > 300_000 and "function" in text
