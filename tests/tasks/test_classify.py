"""Classify reads what a person has, says what it does, and refuses with the place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom.data.vocabulary import SEP, Vocabulary
from seqloom.errors import InputError
from seqloom.heads.label import LabelHead
from seqloom.plan import make
from seqloom.tasks.classify import Classify
from seqloom.tasks.text_source import TextSource

Learn = Callable[..., tuple[Classify, list[str]]]


@pytest.fixture
def learn(tmp_path: Path) -> Learn:
    def run(text: str, name: str = "리뷰.tsv", valid: str | None = None, **more: Any) -> tuple[Classify, list[str]]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        if valid is not None:
            (tmp_path / "v.tsv").write_text(valid, encoding="utf-8")
            more["valid"] = str(tmp_path / "v.tsv")
        settings = ["source.tokens=char", *more.pop("settings", [])]
        spec, _ = make("classify", "summary", Classify.template(), str(path), settings=settings, **more)
        notes: list[str] = []
        return Classify.learn(spec, notes.append), notes

    return run


def rows(count: int = 40) -> str:
    return "text\tlabel\n" + "".join(f"영화 {n} 좋다\t긍정\n영화 {n} 싫다\t부정\n" for n in range(count))


def test_labels_split_and_batches(learn: Learn) -> None:
    task, _ = learn(rows())
    assert task.labels == ["긍정", "부정"] and sum(task.counts) + 8 >= 72
    train, valid = task.training(lambda note: None, False)
    assert valid is not None
    seen = [row for key in train.order(0) for row in key.tolist()]
    assert sorted(seen) == list(range(sum(task.counts)))
    batch = valid.load(valid.order(0)[0])
    assert isinstance(task.source, TextSource) and isinstance(task.source.vocabulary, Vocabulary)
    text = task.source.vocabulary.decode(batch.inputs["source"].values[0].tolist())
    answer = task.labels[int(batch.target["label"].values[0])]
    assert ("좋다" in text) == (answer == "긍정")


def test_the_split_leaves_no_duplicate_on_both_sides(learn: Learn) -> None:
    text = "text\tlabel\n" + "".join(f"same {n % 10}\t{n % 2}\n" for n in range(200))
    task, _ = learn(text)
    assert task._parts is not None and task._parts[1] is not None
    assert not set(task._parts[0].keys()) & set(task._parts[1].keys())


def test_rows_that_validation_shares_with_training_are_counted_aloud(learn: Learn) -> None:
    _, notes = learn(rows(), valid="text\tlabel\n영화 1 좋다\t긍정\nnew\t부정\n")
    assert any("1 of 2 rows also occur in" in note for note in notes)


def test_a_headerless_file_is_guessed_and_said(learn: Learn) -> None:
    task, notes = learn("".join(f"ham\tmessage number {n}\nspam\twin prize {n}\n" for n in range(30)), "sms.tsv")
    assert task.labels == ["ham", "spam"] and task.columns == ["2"]
    assert any("column 1 is taken as the label" in note for note in notes)


def test_pairs_are_joined_by_a_separator_no_text_can_write(learn: Learn) -> None:
    text = "a\tb\tlabel\n" + "".join(f"x{n}\ty <sep> {n}\t{n % 2}\n" for n in range(40))
    task, _ = learn(text, columns={"text": "a,b"})
    ids = task.batch([["x1", "y <sep>"]]).inputs["source"].values[0].tolist()
    assert ids.count(SEP) == 1 and ids.index(SEP) == 2


def test_several_labels_a_row(learn: Learn) -> None:
    text = "text\tlabel\n" + "".join(f"row {n}\t{'a,b' if n % 2 else 'b' if n % 3 else ''}\n" for n in range(60))
    task, _ = learn(text, settings=["target={multilabel: ','}"])
    train, _ = task.training(lambda note: None, False)
    values = torch.cat([train.load(key).target["label"].values for key in train.order(0)])
    assert task.labels == ["a", "b"] and values.shape[1] == 2 and set(values.sum(1).tolist()) == {0.0, 1.0, 2.0}
    head = LabelHead(4, task.labels, task.counts, True)
    answers = task.answer(head, torch.tensor([[2.0, -2.0], [3.0, 3.0], [-1.0, -1.0]]), None)
    assert [answer.label for answer in answers] == [["a"], ["a", "b"], []]


def test_a_threshold_moves_the_second_label(learn: Learn) -> None:
    task, _ = learn(rows())
    head = LabelHead(4, task.labels, task.counts, False)
    logit = torch.tensor([[0.5]])  # p(second) = 0.62
    assert task.answer(head, logit, None)[0].label == task.labels[1]
    assert task.answer(head, logit, 0.7)[0].label == task.labels[0]
    assert sum(task.answer(head, logit, None)[0].probabilities.values()) == pytest.approx(1)


def test_long_rows_are_cut_and_said(learn: Learn) -> None:
    text = rows() + f"{'길' * 900}\t긍정\n"
    task, _ = learn(text, settings=["source.max_length=20", "data.valid=0"])
    notes: list[str] = []
    train, _ = task.training(notes.append, False)
    assert max(train.load(key).inputs["source"].values.shape[1] for key in train.order(0)) == 20
    assert any("1 of 81 texts are longer than 20 tokens" in note for note in notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text\tlabel\na\tx\nb\tx\n", "holds only 'x'; there must be at least two labels"),
        ("text\tclas\na\tx\nb\ty\n", "which column is the label"),
        ("text\tlabel\n", "리뷰.tsv"),
    ],
)
def test_files_that_cannot_be_learned_from(learn: Learn, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        learn(text)


def test_a_label_that_training_has_not_seen_names_the_line(learn: Learn) -> None:
    task, _ = learn(rows(), valid="text\tlabel\na\t긍정\nb\t중립\n")
    with pytest.raises(InputError, match=r"v\.tsv:3: label '중립' does not occur in training"):
        task.training(lambda note: None, False)


def test_a_rare_label_stays_in_training(learn: Learn) -> None:
    for seed in range(8):
        task, _ = learn(rows(10) + "only one\t드묾\n", settings=["data.valid=0.3", f"fit.seed={seed}"])
        assert "드묾" in task.labels
        task.training(lambda note: None, False)


def test_saved_and_loaded_it_encodes_the_same(learn: Learn, tmp_path: Path) -> None:
    task, _ = learn(rows())
    task.save(tmp_path / "vocab")
    again = Classify.load(task.spec, tmp_path / "vocab")
    assert again.digest() == task.digest() and again.labels == task.labels and again.counts == task.counts
    ours, theirs = (one.batch([["영화 3 좋다"]]).inputs["source"].values for one in (task, again))
    assert torch.equal(ours, theirs)


def test_a_file_without_the_text_column_is_taken_in_order_and_said(learn: Learn, tmp_path: Path) -> None:
    task, _ = learn(rows())
    plain = tmp_path / "plain.txt"
    plain.write_text("좋다\n\n싫다\n", encoding="utf-8")
    notes: list[str] = []
    assert [texts for _, texts in task.rows_of(str(plain), notes.append)] == [["좋다"], [""], ["싫다"]]
    assert notes == []


def test_a_loaded_task_reads_its_rows_again_and_knows_when_they_changed(learn: Learn, tmp_path: Path) -> None:
    task, _ = learn(rows())
    task.save(tmp_path / "vocab")
    again = Classify.load(task.spec, tmp_path / "vocab")
    assert again.reread(lambda note: None) == task.rows_digest
    (tmp_path / "리뷰.tsv").write_text(rows().replace("영화 3 좋다\t긍정", "영화 3 좋다\t부정"), encoding="utf-8")
    assert again.reread(lambda note: None) != task.rows_digest


def test_labels_are_the_same_whether_they_are_held_or_read_again(learn: Learn, monkeypatch: pytest.MonkeyPatch) -> None:
    held, _ = learn(rows())
    monkeypatch.setattr("seqloom.tasks.labelled.MANY", 1)
    again, _ = learn(rows())
    assert held._parts is not None and again._parts is not None
    for one, other in zip(held._parts[:2], again._parts[:2], strict=True):
        assert one is not None and other is not None
        assert list(one.cells()) == list(other.cells()) and set(one.cells()) == {"긍정", "부정"}
    assert held.rows_digest == again.rows_digest and held.counts == again.counts
