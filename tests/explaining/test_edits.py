"""Edits: a row with another token or number is the row that one would have written, and what cannot be is refused."""

import json

import numpy as np
import pytest
import torch
from looked import KEPT

from seqloom.errors import InputError
from seqloom.explaining.edits import edited
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.training.run import load


def of(name: str, row: object, target: str | None = None) -> Subject:
    return subject_of(load(KEPT / f"format-1-{name}"), row, target=target)


def same(one: Subject, other: Subject) -> None:
    assert one.batch.inputs.keys() == other.batch.inputs.keys()
    for name, field in one.batch.inputs.items():
        assert torch.equal(field.values, other.batch.inputs[name].values), name
    assert one.axes["source"] == other.axes["source"] if "source" in one.axes else True


@pytest.mark.parametrize(
    ("name", "row", "edit", "new"),
    [
        ("translate", "개 3 마리가 잔다", "3=19", "개 19 마리가 잔다"),
        ("translate", "개 3 마리가 잔다", "source@4=달린다", "개 3 마리가 달린다"),
        ("translate", "개 3 마리가 잔다", "3=99", "개 99 마리가 잔다"),  # a word of the row's own, to be copied
        ("transduce", "가방", "ᄀ=ᄂ", "나방"),
        ("classify", "great film great", "great=dull", "dull film dull"),
        ("tag", "fly to New York", "source@1=stay", "stay to New York"),
        ("tag", "to York to", "to=from", "from York from"),
    ],
)
def test_it_is_the_row_that_one_would_have_written(name: str, row: str, edit: str, new: str) -> None:
    subject, notes = of(name, row), list[str]()
    made, wanted = edited(subject, [edit], notes), of(name, new, target=subject.answer)
    same(made, wanted)
    assert made.told() == pytest.approx(wanted.told(), abs=1e-6) and made.answer == subject.answer
    assert bool(notes) == ("99" in edit), "what the model reads as unknown is said"
    same(subject, of(name, row))  # the row itself is as it was


def test_several_edits_follow_one_another() -> None:
    subject = of("classify", "great film")
    same(edited(subject, ["great=dull", "source@2=영화"], []), of("classify", "dull 영화"))


def test_of_a_writer_what_the_decoder_hears_can_be_changed() -> None:
    subject = of("translate", "개 3 마리가 잔다", target="3 dogs sleep")
    made = edited(subject, ["target@2=19"], [])
    heard = made.batch.inputs["target"].values[0].tolist()
    assert made.axes["target"].tokens[1] == "19" and heard[2:] == subject.batch.inputs["target"].values[0, 2:].tolist()
    language = edited(of("language", "hello"), ["o=e"], [])
    assert language.axes["target"].tokens == tuple("helle")


def test_a_question_beside_can_be_changed() -> None:
    picture = np.zeros((12, 12, 3), np.uint8)
    subject = of("vqa", (picture, "what colour is it?"))
    made = edited(subject, ["colour=way"], [])
    wanted = of("vqa", (picture, "what way is it?"))
    assert torch.equal(made.batch.inputs["question"].values, wanted.batch.inputs["question"].values)


def test_numbers_are_put_at_a_step_and_a_channel() -> None:
    asked = json.loads((KEPT / "format-1-regress.json").read_text(encoding="utf-8"))
    assert asked["answers"]
    row = np.arange(10, dtype=np.float64).reshape(5, 2)
    subject = of("regress", row)
    before = subject.batch.inputs["source"].values
    made = edited(subject, ["source@2#1=0.5"], []).batch.inputs["source"].values
    changed = (made != before).nonzero().tolist()
    assert changed == [[0, 1, 0]] and made[0, 1, 0] == 0.5
    all_channels = edited(subject, ["source@5=-1"], []).batch.inputs["source"].values
    assert (all_channels[0, 4] == -1).all() and torch.equal(all_channels[0, :4], before[0, :4])


@pytest.mark.parametrize(
    ("name", "row", "edit", "why"),
    [
        ("classify", "great film", "great", "there is nothing to change"),
        ("classify", "great film", "greet=dull", "no token 'greet'; did you mean 'great'"),
        ("classify", "great film", "source@3=dull", "source has 2 places, 1 to 2"),
        ("classify", "great film", "source@0=dull", "source has 2 places"),
        ("classify", "great film", "target@1=dull", "no side 'target'"),
        ("classify", "great film", "great=so so", "is no one token of this vocabulary"),
        ("classify", "great film", "great=", "is no one token of this vocabulary"),
        ("translate", "개 3 마리가 잔다", "source@1#2=개", "nothing that can be put in words"),
        ("tag", "fly to", "source@4=a", "source has 2 words, 1 to 2"),
        ("tag", "fly to", "flew=a", "no word 'flew'"),
        ("tag", "fly to", "fly=a b", "a word takes the place of a word"),
    ],
)
def test_what_cannot_be_is_refused(name: str, row: str, edit: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        edited(of(name, row), [edit], [])
    assert why in str(caught.value) and f"what-if.edit={edit}" in str(caught.value)


def test_of_numbers_and_pictures_what_is_no_number_is_refused() -> None:
    series = of("regress", np.ones((5, 2)))
    for edit, why in {
        "source@1=warm": "'warm' is no number",
        "source@1#3=1": "a step has 2 channels, 1 to 2",
        "warm=cold": "reads no tokens",
    }.items():
        with pytest.raises(InputError, match=why):
            edited(series, [edit], [])
    picture = of("caption", np.zeros((12, 12, 3), np.uint8), target="a red bar")
    with pytest.raises(InputError, match="no row of numbers"):
        edited(picture, ["source@1=0"], [])


def test_a_word_that_the_explained_answer_copies_stays() -> None:
    subject = of("translate", "개 99 마리가 잔다", target="99 dogs sleep")
    with pytest.raises(InputError, match="explained copies that word"):
        edited(subject, ["source@2=3"], [])
    assert edited(subject, ["source@1=고양이"], []).told() < 0
