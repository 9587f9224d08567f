"""Subjects: a row of every task is read as the run reads it, its steps are named, and its score is the run's own."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from seqloom.data.vocabulary import BOS, PAD, SEP, UNK, Vocabulary
from seqloom.errors import InputError
from seqloom.explaining.answering import answered
from seqloom.explaining.axes import axis_of
from seqloom.explaining.subjects import subject_of
from seqloom.training.run import Run, fit, load

KEPT = Path(__file__).resolve().parents[1] / "kept"


def run_of(task: str) -> Run:
    return load(str(KEPT / f"format-1-{task}"))


def test_a_label_is_explained_by_its_probability():
    run = run_of("classify")
    (told,) = run.predict(["훌륭한 film"])
    subject = subject_of(run, "훌륭한 film")
    assert subject.answer == told.label == "좋음"
    assert subject.told() == pytest.approx(torch.tensor(told.probabilities["좋음"]).log().item(), abs=1e-5)
    assert subject.axes["source"].merged[0] == "훌륭한"
    other = subject_of(run, "훌륭한 film", target="나쁨")
    assert other.told() == pytest.approx(torch.tensor(told.probabilities["나쁨"]).log().item(), abs=1e-5)
    assert other.score_name == "ln p(나쁨)"


def test_a_written_answer_is_explained_by_its_probability_and_each_token_by_its_own():
    run = run_of("translate")
    source = json.loads((KEPT / "format-1-translate.json").read_text())["asked"][0]
    (answer,) = run.predict([source])
    subject = subject_of(run, source)
    assert subject.answer == answer.text
    assert subject.told() == pytest.approx(answer.hypotheses[0].logprob, abs=1e-4)
    each = [subject_of(run, source, at=at + 1).told() for at in range(len(subject.axes["answer"]))]
    assert sum(each) == pytest.approx(subject.told(), abs=1e-4)
    assert subject.axes["answer"].tokens[-1] == "∎"
    assert subject.axes["target"].tokens[0] == "<bos>"


def test_what_comes_next_is_the_likeliest_token_and_a_target_is_scored_alone():
    run = run_of("language")
    nothing = subject_of(run, "ab")
    (written,) = [run.task.vocabulary.token(one) for one in run.task.vocabulary.encode(nothing.answer)[:1]]
    first = next(run.generate("ab", length=1, temperature=0))
    assert written == first.token
    assert nothing.told() == pytest.approx(torch.tensor(first.probability).log().item(), abs=1e-5)
    subject = subject_of(run, "ab", target="cd")
    count = len(run.task.vocabulary.encode("cd"))
    each = [subject_of(run, "ab", target="cd", at=at + 1).told() for at in range(count)]
    assert sum(each) == pytest.approx(subject.told(), abs=1e-5)


def test_a_window_too_long_is_cut_and_said_for_a_model_that_attends():
    run = run_of("language")
    limit = run.spec.fit.window
    subject = subject_of(run, "ab " * limit)
    if run.model.carries:
        assert "left out" not in str(subject.notes) and len(subject.axes["target"]) > limit
    else:
        assert "left out" in str(subject.notes) and len(subject.axes["target"]) == limit


@pytest.mark.parametrize(
    ("task", "row", "more", "said"),
    [
        ("classify", "good", {"target": "gut"}, "no label 'gut'"),
        ("classify", "good", {"at": 1}, "leave it out"),
        ("classify", ["a", "b", "c"], {}, "text"),
        ("translate", "x", {"at": 99}, "the answer has"),
        ("translate", ["a", "b", "c", "d"], {}, "a row of this run is"),
        ("language", "ab", {"target": ""}, "the target is empty"),
        ("language", 3, {}, "a row of a language model is a text"),
        ("tag", "", {}, "no words"),
        ("forecast", "x.csv", {"target": "1"}, "leave out target"),
        ("vqa", "x.png", {}, "the picture first"),
    ],
)
def test_what_cannot_be_explained_is_said(task, row, more, said):
    with pytest.raises(InputError, match=said):
        subject_of(run_of(task), row, **more)


def test_tags_are_explained_together_and_one_by_one():
    run = run_of("tag")
    kept = json.loads((KEPT / "format-1-tag.json").read_text())
    words = kept["asked"][0]
    subject = subject_of(run, words)
    (told,) = run.predict([words])
    assert subject.answer.split() == [label.split(" ")[0] for label in subject.axes["answer"].tokens]
    assert len(subject.axes["answer"]) == len(told.words)
    assert subject.axes["source"].merged == tuple(told.words)
    with torch.no_grad():
        told_of_steps = subject.forward()["tags"][0].float().log_softmax(-1)
    labels = list(run.model.heads["tags"].labels)
    for at, label in enumerate(subject.axes["answer"].tokens):
        one = subject_of(run, words, at=at + 1)
        assert one.told() == pytest.approx(float(told_of_steps[at, labels.index(label)]), abs=1e-5)
        assert f"{label} at {at + 1}" in one.score_name
    with pytest.raises(InputError, match="give one for each"):
        subject_of(run, words, target="O")


TEXTS = ["한국어 문장을 읽는다", "the cat sat on the mat", "naïve café", "고양이 가 앉았다"]


@pytest.mark.parametrize(("kind", "size"), [("bpe", 400), ("unigram", 400), ("byte", 261), ("jamo", 200)])
def test_pieces_are_joined_to_what_a_person_reads(kind, size):
    vocabulary = Vocabulary.train(TEXTS * 5, kind, size)
    for text in TEXTS:
        axis = axis_of(vocabulary.encode(text), vocabulary)
        assert axis.words is not None
        assert len(axis.names) == axis.words[-1] + 1 == len(axis.spans)
        if kind in ("bpe", "unigram"):
            assert list(axis.merged) == text.split()
        else:
            assert "".join(axis.merged) == text


def test_the_bytes_of_a_letter_stand_together_at_the_ends_of_their_range():
    text = "a\x7fb¿ÿ\u0800퟿\U0001f000"  # 7F stands alone; 80 and BF go on
    vocabulary = Vocabulary.train([text], "byte", 261)
    axis = axis_of(vocabulary.encode(text), vocabulary)
    counts = [end - start for start, end in axis.spans]
    assert counts == [len(letter.encode()) for letter in text]


def test_what_a_vocabulary_lacks_is_called_as_it_was_written():
    pair = subject_of(run_of("translate"), "개 99\n마리가 새로운 잔다", target="99 new dogs")
    assert pair.axes["source"].tokens == ("개", "99", "마리가", "새로운", "잔다", "∎")
    assert pair.axes["answer"].tokens == ("99", "new", "dogs", "∎")
    assert pair.axes["target"].tokens == ("<bos>", "<unk>", "<unk>", "dogs"), "a copied word is heard as unknown"
    label = subject_of(run_of("classify"), "great 새로운\n지루한")
    assert label.axes["source"].tokens == ("great", "새로운", "∎", "지루한")
    letters = Vocabulary.train(["abc"], "char")
    assert axis_of(letters.encode("axb"), letters, ["axb"]).tokens == ("a", "x", "b")
    assert axis_of(letters.encode("axb")[:2], letters, ["axb"]).tokens == ("a", "x"), "cut at the longest length"
    two = [*letters.encode("ax"), 3, *letters.encode("yb")]
    assert axis_of(two, letters, ["ax", "yb"]).tokens == ("a", "x", "<sep>", "y", "b")


def test_whole_tokens_stand_alone():
    vocabulary = Vocabulary.train(TEXTS, "word", 100)
    axis = axis_of([*vocabulary.encode("the cat"), 2], vocabulary)
    assert axis.words is None
    assert axis.merged == ("the", "cat", "∎")
    assert axis.spans == ((0, 1), (1, 2), (2, 3))


def test_one_of_two_labels_is_explained_by_its_own_probability(tmp_path):
    path = tmp_path / "two.tsv"
    path.write_text("text\tlabel\n" + "good film\tyes\nbad film\tno\n" * 8, encoding="utf-8")
    small = ("encoder.size=4", "source.size=4", "fit.steps=3", "data.valid=0")
    run = fit("classify", str(path), arch="gru", out=str(tmp_path / "run"), settings=small)
    (told,) = run.predict(["good film"])
    assert run.model.heads["label"].binary and told.probabilities["yes"] != pytest.approx(0.5, abs=1e-4)
    for label, chance in told.probabilities.items():
        assert subject_of(run, "good film", target=label).told() == pytest.approx(math.log(chance), abs=1e-5)


def test_numbers_are_explained_in_the_units_in_which_they_are_told(tmp_path):
    run = run_of("regress")
    row = np.linspace(0, 1, 12).reshape(6, 2)
    (told,) = run.predict([row])
    assert subject_of(run, row).told() == pytest.approx(told.number, rel=1e-5)
    path = tmp_path / "months.csv"
    months = [
        f"{2015 + at // 12}-{at % 12 + 1:02d},{100 + at + 20 * math.sin(at * math.pi / 6):.2f}" for at in range(72)
    ]
    path.write_text("\n".join(["month,visits", *months, ""]), encoding="utf-8")
    run = run_of("forecast")
    (ahead,) = run.predict([str(path)])
    points = ahead.point[:, 0]
    assert subject_of(run, str(path)).told() == pytest.approx(points.mean(), rel=1e-4)
    for at, point in enumerate(points, 1):
        assert subject_of(run, str(path), at=at).told() == pytest.approx(point, rel=1e-4)


def test_padding_never_comes_next():
    run = run_of("language")
    wanted = subject_of(run, "hello w")
    run.model.heads["words"].bias.data[[PAD, BOS, SEP, UNK]] += 100
    subject = subject_of(run, "hello w")
    assert subject.answer == wanted.answer == answered(subject).text


def test_a_long_row_is_shown_in_part_and_shows_that():
    assert subject_of(run_of("classify"), "great " * 100).question == ("great " * 100)[:199] + "…"
    question = subject_of(run_of("language"), "ab " * 100).question
    assert len(question) == 200 and question.startswith("…") and question.endswith("ab ")
