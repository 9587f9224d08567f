"""The tasks of pairs: vocabularies, what is said of lengths and variants, saving, and defaults that build."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom.build import build
from seqloom.errors import InputError
from seqloom.metrics import higher_is_better
from seqloom.plan import make
from seqloom.tasks import task_class
from seqloom.tasks.pairs import PairTask
from seqloom.training.validate import check_metric, validate

Learn = Callable[..., tuple[PairTask, list[str]]]
TASKS = ["translate", "transduce", "summarise", "chat"]
CHAR = ["source.tokens=char", "target.tokens=char"]
TINY = [
    *("source.size=8", "target.size=8", "encoder={kind: gru, size: 8}", "decoder={kind: gru, size: 8}"),
    *("bridge={kind: attention, score: dot}", "decode.beam=2", "decode.max_length=6"),
]


@pytest.fixture
def learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Learn:
    monkeypatch.chdir(tmp_path)

    def run(name: str, text: str, *settings: str, **more: Any) -> tuple[PairTask, list[str]]:
        Path("쌍.tsv").write_text(text, encoding="utf-8")
        kind = task_class(name)
        spec, _ = make(name, "sequence", kind.template(), "쌍.tsv", settings=settings, **more)
        notes: list[str] = []
        task = kind.learn(spec, notes.append)
        assert isinstance(task, PairTask)
        return task, notes

    return run


def rows(count: int = 40) -> str:
    return "".join(f"낱말 {n} 개\tword no {n}\n" for n in range(count))


@pytest.mark.parametrize("name", TASKS)
def test_the_defaults_of_a_task_build_a_model_and_measure_it(learn: Learn, name: str) -> None:
    task, _ = learn(name, rows(), *TINY)
    model = build(task.spec, task.wiring())
    train, valid = task.training(lambda note: None, model.carries)
    assert valid is not None
    outputs, _ = model(train.load(train.order(0)[0]))
    assert torch.isfinite(outputs["words"]).any()
    check_metric(task.spec.fit.metric, model, valid, task.meter(model, valid))
    values = validate(model, valid, task.meter(model, valid))
    assert {"loss", "perplexity", "token_accuracy", task.spec.fit.metric} <= set(values)
    for value in values:
        higher_is_better(value)
    judged = task.scores()[0].higher
    assert {f"gap.{value}" for value in judged} | {f"forced.{value}" for value in judged} <= set(values)
    assert not any("bits" in value for value in values)


QUALITY = {
    "translate": {"bleu", "chrf", "length_ratio"},
    "transduce": {"exact", "cer"},
    "summarise": {"rouge1", "rouge2", "rougeL", "bleu", "length_ratio"},
    "chat": {"bleu", "chrf", "distinct1", "distinct2", "length_ratio"},
}


@pytest.mark.parametrize("name", TASKS)
def test_each_task_has_its_metrics(learn: Learn, name: str) -> None:
    task, _ = learn(name, rows())
    assert {value for score in task.scores() for value in score.higher} == QUALITY[name]


def test_exact_answers_may_be_waited_for(learn: Learn) -> None:
    assert learn("transduce", rows())[0].spec.fit.patience is None
    assert learn("translate", rows())[0].spec.fit.patience == 4


def test_symbols_are_measured_as_symbols(learn: Learn) -> None:
    task, _ = learn("transduce", rows(), "target.tokens=symbol")
    assert {value for score in task.scores() for value in score.higher} == {"exact", "per", "word_error"}


def test_a_lower_cased_target_is_measured_in_lower_case(learn: Learn) -> None:
    for lower in (False, True):
        task, _ = learn("translate", rows(), f"target.lowercase={str(lower).lower()}")
        bleu = task.scores()[0]
        bleu.add("A", ["a"])
        assert ("case:lc" in bleu.signature) is lower  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["translate", "summarise", "chat"])
def test_bleu_counts_the_tokens_asked_for(learn: Learn, name: str) -> None:
    task, _ = learn(name, rows(), "decode.bleu=char")
    (bleu,) = [score for score in task.scores() if "bleu" in score.higher]
    bleu.add("가나", ["가나"])
    assert "tok:char" in bleu.signature  # type: ignore[attr-defined]


def test_each_side_has_a_vocabulary_of_its_own(learn: Learn) -> None:
    task, _ = learn("translate", rows(), *CHAR, "source.lowercase=true")
    assert "낱" in task.source.decode(task.source.encode("낱")) and "낱" not in task.target.decode(
        task.target.encode("낱")
    )
    assert task.source.lowercase and not task.target.lowercase
    wiring = task.wiring()
    assert (wiring.source, wiring.target) == (len(task.source), len(task.target))


def test_one_vocabulary_learnt_from_both_sides(learn: Learn) -> None:
    task, _ = learn("translate", rows(), *CHAR, "target.joint=true")
    assert task.source.digest == task.target.digest
    assert task.target.decode(task.target.encode("낱w")) == "낱w"
    with pytest.raises(
        InputError, match=r"one vocabulary from both sides, but source\.tokens is bpe and target\.token"
    ):
        learn("translate", rows(), "target.joint=true", "target.tokens=char")
    with pytest.raises(InputError, match=r"source\.lowercase is True and target\.lowercase False; set both the same"):
        learn("translate", rows(), "target.joint=true", "source.lowercase=true")


def test_vocabularies_are_of_the_training_part_alone(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "v.tsv").write_text("힣\t힣\n", encoding="utf-8")
    task, _ = learn("transduce", rows(), valid="v.tsv")
    assert "힣" not in task.source.decode(task.source.encode("힣"))


def test_copying_needs_sides_that_are_cut_alike(learn: Learn) -> None:
    copy = "heads.words={kind: copy}"
    for settings in (["target.tokens=word"], [], ["source.tokens=char", "target.tokens=char", "source.lowercase=true"]):
        with pytest.raises(InputError, match="head words: copying needs both sides cut alike, here"):
            learn("translate", rows(), copy, *settings)
    for settings in (CHAR, ["target.joint=true"]):
        task, _ = learn("translate", rows(), copy, *settings)
        train, _ = task.training(lambda note: None, False)
        assert "copy" in train.load(train.order(0)[0]).inputs


def test_pairs_too_long_are_counted_and_left_out(learn: Learn) -> None:
    notes: list[str] = []
    task, _ = learn(
        *("transduce", rows() + f"{'가' * 30}\ta\n나\t{'b' * 30}\n", "source.max_length=20", "target.max_length=20"),
        "data.valid=0",
    )
    train, _ = task.training(notes.append, False)
    assert notes == [
        "쌍.tsv: 2 of 42 pairs are left out of training: more than 20 tokens of source or 20 of target "
        "(source.max_length, target.max_length); the first: 쌍.tsv:41"
    ]
    assert sorted(row for key in train.order(0) for row in train.load(key).rows) == list(range(40))
    with pytest.raises(InputError, match=r"every pair is too long; raise source\.max_length"):
        learn("transduce", rows(), "source.max_length=2", "data.valid=0")[0].training(notes.append, False)


def test_documents_are_cut_instead(learn: Learn) -> None:
    task, _ = learn("summarise", rows(), "source.max_length=2", "data.valid=0")
    notes: list[str] = []
    train, _ = task.training(notes.append, False)
    assert notes == ["쌍.tsv: 40 of 40 sources are longer than 2 tokens and are cut there (source.max_length)."]
    assert {train.load(key).inputs["source"].values.shape[1] for key in train.order(0)} == {3}


def test_what_is_answered_is_said(learn: Learn) -> None:
    text = "".join(f"낱말{n // 2}\tw{n}\n" for n in range(80))
    task, _ = learn("transduce", text, "data.valid=0.25", "decode.rows=4")
    notes: list[str] = []
    _, valid = task.training(notes.append, False)
    assert valid is not None
    assert "쌍.tsv: 20 rows have 10 different sources; all targets of a source are right" in notes[0]
    assert "쌍.tsv: each validation answers 4 of 10 sources, of all lengths (decode.rows)" in notes[1]
    assert len(valid.questions) == 4  # type: ignore[attr-defined]
    whole = task.evaluation(None, notes.append, False)
    assert len(whole.questions) == 10 and len(whole) == 20  # type: ignore[attr-defined,arg-type]
    each, _ = learn("transduce", text, "data.valid=0.25", "data.variants=false")
    assert len(each.evaluation(None, notes.append, False).questions) == 20  # type: ignore[attr-defined]


def test_saved_and_loaded_it_codes_the_same(learn: Learn, tmp_path: Path) -> None:
    task, _ = learn("chat", rows())
    task.save(tmp_path / "vocab")
    again = type(task).load(task.spec, tmp_path / "vocab")
    assert again.digest() == task.digest() and again.rows_digest == task.rows_digest
    one, other = (each.batch([["낱말 3 개"]]).inputs["source"].values for each in (task, again))
    assert torch.equal(one, other)
    with pytest.raises(InputError, match="a loaded task has no training data"):
        again.training(lambda note: None, False)
    assert again.reread(lambda note: None) == task.rows_digest
    Path("쌍.tsv").write_text(rows(39), encoding="utf-8")
    assert again.reread(lambda note: None) != task.rows_digest


def test_without_a_held_out_part_there_is_nothing_to_measure(learn: Learn) -> None:
    task, _ = learn("translate", rows(), "data.valid=0")
    assert task.training(lambda note: None, False)[1] is None
    with pytest.raises(InputError, match="training held nothing out"):
        task.evaluation(None, lambda note: None, False)


def test_word_vectors_for_both_sides(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("낱말 1 2 3\nword 4 5 6\n", encoding="utf-8")
    sides = [f"{side}.{key}" for side in ("source", "target") for key in ("tokens=word", "vectors=v.txt")]
    task, _ = learn("translate", rows(), *sides)
    wiring = task.wiring()
    assert wiring.vectors["source"][task.source.encode("낱말")[0]].tolist() == [1, 2, 3]
    assert wiring.vectors["target"][task.target.encode("word")[0]].tolist() == [4, 5, 6]
