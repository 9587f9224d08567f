"""Rows of tags: parts of speech without spans, pieces of words, tags and labels that training has not."""

import random
from pathlib import Path
from typing import Any

import pytest
from kept_runs import disagreements, kept

from seqloom.comparing.items import gatherer_of, items_of
from seqloom.training.run import Run, fit

SMALL: dict[str, Any] = {"device": "cpu", "steps": 20, "lr": 0.03, "encoder": {"size": 6}}


def words(folder: Path, name: str = "words.tsv", more: str = "") -> str:
    chosen = random.Random(2)
    rows = []
    for _ in range(30):
        sentence = [
            chosen.choice([("개가", "NOUN"), ("dog", "NOUN"), ("달린다", "VERB"), ("the", "DET")]) for _ in range(4)
        ]
        rows.append("\n".join(f"{word}\t{tag}" for word, tag in sentence) + "\n")
    (folder / name).write_text(more + "\n".join(rows), encoding="utf-8")
    return str(folder / name)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("speech")
    return fit("tag", words(folder), arch="gru", out=str(folder / "run"), source={"size": 6}, **SMALL), folder


def test_tags_that_are_no_spans(speech: tuple[Run, Path]) -> None:
    run, folder = speech
    items = items_of(run, words(folder))
    assert items.measure == "token_accuracy" and items.classes is None
    assert items.lengths.tolist() == items.stats[:, 1].tolist() == [4] * 30
    assert disagreements(run, words(folder)) == {}


def test_words_and_tags_that_training_never_saw(speech: tuple[Run, Path]) -> None:
    run, folder = speech
    data = words(folder, "new.tsv", "새로운\tADJ\ndog\tNOUN\n\n")
    assert disagreements(run, data) == {}
    known = gatherer_of(run, run.task.evaluation(data, lambda note: None, False)).known
    assert {"unseen_accuracy", "f1/ADJ"} <= {*known}
    unseen = items_of(run, data, "unseen_accuracy").stats
    assert unseen[0].tolist() == [0, 1] and unseen[1:].sum() == 0
    rarity = items_of(run, data).rarity
    assert rarity is not None and rarity[0] == max(rarity)


def test_pieces_of_words(tmp_path: Path) -> None:
    data = words(tmp_path)
    source = {"tokens": "char", "size": 6}
    run = fit("tag", data, arch="gru", out=str(tmp_path / "run"), source=source, **SMALL)
    assert disagreements(run, data) == {}
    items = items_of(run, data)
    assert items.lengths.tolist() == [4] * 30, "words, not letters"
    assert items.rarity is not None


def test_a_label_that_training_has_not_is_a_class_and_never_right(tmp_path: Path) -> None:
    run = kept("tag")
    (tmp_path / "slots.txt").write_text(
        "fly:O to:O 서울:B-to <=> fly\nstay:O to:O Paris:B-to <=> 자다\nfly:O to:O Rome:B-to <=> fly;stay\n",
        encoding="utf-8",
    )
    data = str(tmp_path / "slots.txt")
    assert disagreements(run, data) == {}
    items = items_of(run, data, "intent.accuracy")
    assert items.classes is not None and items.classes[0] == ("fly", "fly;stay", "자다")
    assert items.stats.tolist() == [[1, 1], [0, 1], [1, 1]]


def test_spans_of_one_type_are_counted_alone(tmp_path: Path) -> None:
    (tmp_path / "slots.txt").write_text("fly:O to:O New:B-to York:I-to on:O Monday:B-day <=> fly\n", encoding="utf-8")
    run = kept("tag")
    all_, day = (items_of(run, str(tmp_path / "slots.txt"), name).stats[0] for name in ("span_f1", "span_f1/day"))
    assert (all_[2], day[2]) == (2, 1)
