"""Runs that earlier versions wrote load today and answer as they did. `make.py` says how they were made."""

import json
from pathlib import Path
from typing import Any

import pytest
from make import curves, months

from seqloom.training.run import load

HERE = Path(__file__).parent
FORMATS = sorted(int(path.name.split("-")[1]) for path in HERE.glob("format-*-classify"))


def record(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_there_are_some() -> None:
    assert FORMATS[0] == 1


@pytest.mark.parametrize("form", FORMATS)
def test_a_classifier_answers_as_it_did(form: int) -> None:
    kept = record(f"format-{form}-classify")
    answers = list(load(str(HERE / f"format-{form}-classify")).predict(kept["asked"]))
    assert [one.label for one in answers] == [one["label"] for one in kept["answers"]]
    for ours, theirs in zip(answers, kept["answers"], strict=True):
        assert ours.probabilities == pytest.approx(theirs["probabilities"], abs=1e-5)
    assert len({one["label"] for one in kept["answers"]}) > 1


@pytest.mark.parametrize("form", FORMATS)
def test_a_language_model_scores_as_it_did(form: int) -> None:
    kept = record(f"format-{form}-language")
    run = load(str(HERE / f"format-{form}-language"))
    scores = list(run.score(kept["asked"]))
    assert [one.tokens for one in scores] == [one["tokens"] for one in kept["answers"]]
    assert [one.nats for one in scores] == pytest.approx([one["nats"] for one in kept["answers"]], abs=1e-5 * 60)
    text = "".join(piece.text for piece in run.generate("hel", length=2, temperature=0))
    assert text == "lo"


@pytest.mark.parametrize("task", ["translate", "transduce"])
@pytest.mark.parametrize("form", FORMATS)
def test_what_writes_answers_as_it_did(form: int, task: str) -> None:
    kept = record(f"format-{form}-{task}")
    run = load(str(HERE / f"format-{form}-{task}"))
    answers = [answer.hypotheses for answer in run.predict(kept["asked"], best=2)]  # type: ignore[union-attr]
    assert [[one.text for one in each] for each in answers] == [
        [one["text"] for one in each] for each in kept["answers"]
    ]
    for ours, theirs in zip(answers, kept["answers"], strict=True):
        assert [one.logprob for one in ours] == pytest.approx([one["logprob"] for one in theirs], abs=1e-4)
        assert [one.score for one in ours] == pytest.approx([one["score"] for one in theirs], abs=1e-4)
    assert len({each[0]["text"] for each in kept["answers"] if each}) == 4


@pytest.mark.parametrize("form", FORMATS)
def test_a_tagger_answers_as_it_did(form: int) -> None:
    kept = record(f"format-{form}-tag")
    answers = list(load(str(HERE / f"format-{form}-tag")).predict(kept["asked"], probabilities=True))
    for ours, theirs in zip(answers, kept["answers"], strict=True):
        assert (ours.tags, ours.label) == (theirs["tags"], theirs["label"])
        assert ours.probabilities == pytest.approx(theirs["probabilities"], abs=1e-5)
    assert {one["label"] for one in kept["answers"]} == {"fly", "stay"}


@pytest.mark.parametrize("form", FORMATS)
def test_a_forecast_is_what_it_was(form: int, tmp_path: Path) -> None:
    kept = record(f"format-{form}-forecast")
    (tmp_path / "months.csv").write_text(months(), encoding="utf-8")
    (found,) = load(str(HERE / f"format-{form}-forecast")).predict([str(tmp_path / "months.csv")], levels=[80.0])
    assert found.times == kept["times"]
    assert found.point.ravel() == pytest.approx([one for (one,) in kept["point"]], abs=1e-3)
    assert found.low[80.0].ravel() == pytest.approx([one for (one,) in kept["low"]], abs=1e-3)


@pytest.mark.parametrize("form", FORMATS)
def test_a_number_is_what_it_was(form: int, tmp_path: Path) -> None:
    kept = record(f"format-{form}-regress")
    (tmp_path / "curves.ts").write_text(curves(), encoding="utf-8")
    run = load(str(HERE / f"format-{form}-regress"))
    for (_, ours), theirs in zip(
        run.predict_file(str(tmp_path / "curves.ts"), levels=[80.0]), kept["answers"], strict=True
    ):
        assert ours.number == pytest.approx(theirs["number"], abs=1e-5)
        assert ours.intervals[80.0] == pytest.approx(theirs["interval"], abs=1e-5)


@pytest.mark.parametrize("path", sorted(HERE.glob("format-*")), ids=lambda path: path.name)
def test_they_are_small(path: Path) -> None:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    assert sum(one.stat().st_size for one in files) < 60_000
