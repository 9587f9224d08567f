"""Tellers: what a row is for a person, for every kind of data."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from seqloom.pages.run_page import teller_of
from seqloom.pages.run_tellers import SAME, NumberTeller, SentenceTeller, Teller, WrittenTeller, picture_of
from seqloom.tasks.media_source import Decoded
from seqloom.training.run import Run, fit

Kept = Callable[[str], tuple[Run, str | None]]


def told(run: Run, path: str | None) -> tuple[Teller, dict[int, tuple[str, str, float | None]]]:
    data = run.task.evaluation(path, lambda note: None, False)
    teller = teller_of(run, data)
    assert teller is not None
    found = {}
    with torch.no_grad():
        for key in data.order(0):
            batch = data.load(key)
            found |= dict(zip(batch.rows, teller.answered(run.model(batch)[0], batch), strict=True))
    return teller, found


def test_labels_are_those_that_the_run_predicts_of_the_raw_row(kept: Kept) -> None:
    run, _ = kept("classify")
    teller, found = told(run, None)
    for row, (true, answer, sure) in found.items():
        (prediction,) = run.predict([teller.raw(row)])
        assert prediction.label == answer and prediction.probabilities[answer] == pytest.approx(sure, abs=1e-5)
        assert true in run.task.labels and teller.asked(row) == teller.raw(row)[0]  # type: ignore[attr-defined]
        assert teller.picture(row) is None


def test_numbers_are_in_the_units_of_the_data(kept: Kept) -> None:
    run, _ = kept("regress")
    teller, found = told(run, None)
    assert isinstance(teller, NumberTeller)
    for row, (true, answer, sure) in found.items():
        (prediction,) = run.predict([teller.raw(row)])
        assert float(answer) == pytest.approx(prediction.number, rel=1e-4) and sure is None
        assert true == f"{float(next(iter(teller.examples.at([row]).cells()))):.6g}"
        assert teller.asked(row).startswith("curves.ts:")


def test_of_sentences_only_what_is_wrong_is_written(kept: Kept) -> None:
    run, _ = kept("tag")
    teller, found = told(run, None)
    assert isinstance(teller, SentenceTeller)
    answers = {row: next(iter(run.predict([teller.asked(row)]))) for row in found}
    truths = {row: teller._data.truth(row) for row in found}
    wrong = [row for row in found if found[row][1] != SAME]
    assert wrong == [row for row in found if (answers[row].tags, answers[row].label) != truths[row]]
    for row in wrong:
        true, said, _ = found[row]
        assert f"({truths[row][1]})" in true and f"({answers[row].label})" in said
    assert wrong and len(wrong) < len(found)


def test_pictures_and_questions_are_shown(kept: Kept) -> None:
    run, path = kept("vqa")
    teller, found = told(run, path)
    assert teller.asked(0).endswith(" | what colour is it?")
    picture, question = teller.raw(0)
    assert isinstance(picture, Decoded) and question == "what colour is it?"
    assert np.array_equal(teller.picture(0), picture.raw)  # type: ignore[arg-type]
    (prediction,) = run.predict([teller.raw(0)])
    assert prediction.label == found[0][1]


@pytest.mark.parametrize("task", ["translate", "caption", "transcribe"])
def test_rows_that_are_written_to_have_their_right_answers(kept: Kept, task: str) -> None:
    run, path = kept(task)
    teller, found = told(run, path)
    assert isinstance(teller, WrittenTeller)
    assert all(said == "" and true == " | ".join(teller.references(row)) for row, (true, said, _) in found.items())
    teller.answers = {0: "안녕"}
    assert (teller.picture(0) is not None) == (task == "caption")
    (answer,) = run.predict([teller.raw(0)])
    assert isinstance(answer.text, str)


def test_several_labels_are_written_with_commas(tmp_path: Any) -> None:
    path = tmp_path / "many.tsv"
    rows = [("가 나", "a;b"), ("가", "a"), ("나", "b")] * 12
    path.write_text("text\tlabel\n" + "".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")
    target = {"multilabel": ";"}
    sides: dict[str, Any] = {"source": {"tokens": "word", "size": 8}, "target": target}
    run = fit("classify", str(path), arch="bag", out=str(tmp_path / "r"), steps=5, device="cpu", **sides)
    _, found = told(run, str(path))
    assert {true for true, _, _ in found.values()} == {"a, b", "a", "b"}
    assert all(sure is None and set(said.split(", ")) <= {"a", "b", "none"} for _, said, sure in found.values())


@pytest.mark.parametrize(
    ("raw", "shape"),
    [
        (np.zeros((4, 5, 3), np.uint8), (4, 5, 3)),
        (np.zeros((4, 5, 4), np.uint8), (4, 5, 3)),
        (np.zeros((4, 5, 2), np.uint8), (4, 5, 1)),
        (np.zeros((9, 4, 5, 3), np.uint8), (4, 5, 3)),
    ],
)
def test_what_can_be_seen_of_an_item(raw: Any, shape: tuple[int, ...]) -> None:
    seen = picture_of(Decoded("x", raw))
    assert seen is not None and seen.shape == shape


def test_the_middle_of_a_film_is_shown_and_deep_pictures_are_stretched() -> None:
    film = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    seen = picture_of(Decoded("x", film))
    assert seen is not None and int(seen[0, 0, 0]) == 2
    deep = np.array([[[100.0], [300.0]]], np.float32)
    seen = picture_of(Decoded("x", deep))
    assert seen is not None and seen.ravel().tolist() == [0.0, 255.0]
    assert picture_of(Decoded("x", np.zeros(5))) is None and picture_of("text") is None
