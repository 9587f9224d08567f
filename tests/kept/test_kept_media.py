"""Runs that earlier versions wrote of pictures and recordings load today and answer as they did; see make_media.py."""

import json
from pathlib import Path
from typing import Any

import pytest
from made_media import pictures, sounds
from make_media import rows

from seqloom.training.run import load

HERE = Path(__file__).parent
FORMATS = sorted(int(path.name.split("-")[1]) for path in HERE.glob("format-*-caption"))


def record(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))["answers"]
    return found


def test_there_are_some() -> None:
    assert FORMATS[0] == 1


@pytest.mark.parametrize("task", ["caption", "transcribe"])
@pytest.mark.parametrize("form", FORMATS)
def test_what_writes_answers_as_it_did(form: int, task: str) -> None:
    kept = record(f"format-{form}-{task}")
    answers = list(load(str(HERE / f"format-{form}-{task}")).predict(rows(task)))
    assert [one.text for one in answers] == [one["text"] for one in kept]
    nats = [one.hypotheses[0].logprob for one in answers]
    assert nats == pytest.approx([one["logprob"] for one in kept], abs=1e-4)
    if task == "transcribe":
        right = [one.text == text for one, text in zip(answers, sounds(6, seed=19)[1], strict=True)]
        assert sum(right) >= 4, "it learnt to hear"
    else:
        _, colours, ways = pictures(6, seed=18)
        assert [one.text for one in answers] == [f"a {way} {of} bar" for of, way in zip(colours, ways, strict=True)]


@pytest.mark.parametrize("form", FORMATS)
def test_questions_are_answered_as_they_were(form: int) -> None:
    kept = record(f"format-{form}-vqa")
    answers = list(load(str(HERE / f"format-{form}-vqa")).predict(rows("vqa")))
    assert [one.label for one in answers] == [one["label"] for one in kept]
    for ours, theirs in zip(answers, kept, strict=True):
        assert ours.probabilities == pytest.approx(theirs["probabilities"], abs=1e-5)
    assert len({one.label for one in answers}) > 3
