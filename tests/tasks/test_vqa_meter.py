"""The meter of answers about pictures: by hand, with answers of several people and those that cannot be given."""

import pytest
import torch

from seqloom.batch import Batch, Field
from seqloom.heads.label import LabelHead
from seqloom.tasks.vqa_meter import Poll, VqaMeter

LABELS = ["blue", "red", "two"]
HEAD = LabelHead(4, LABELS, [1, 1, 1], False)


def counted(polls: list[Poll], said: list[str], lost: list[Poll], rows: tuple[int, ...] | None = None) -> VqaMeter:
    meter = VqaMeter(HEAD, ["color", "count"], polls, lost)
    logits = torch.full((len(said), 3), -2.0)
    for place, label in enumerate(said):
        logits[place, LABELS.index(label)] = 2.0
    target = {"label": Field(torch.zeros(len(said), dtype=torch.int64))}
    batch = Batch({}, target, rows or tuple(range(len(said))))
    meter.add({"label": logits}, batch, {"label": (torch.tensor(3.0), torch.tensor(float(len(said))))})
    return meter


def poll(question: str, *answers: str, kind: str = "color") -> Poll:
    return Poll("a.png", question, answers, kind)


def test_accuracy_in_all_and_by_type() -> None:
    polls = [poll("1", "red"), poll("2", "red"), poll("3", "two", kind="count")]
    values = counted(polls, ["red", "blue", "two"], []).result()
    assert values["loss"] == 1 and values["accuracy"] == pytest.approx(2 / 3)
    assert values["accuracy/color"] == 0.5 and values["accuracy/count"] == 1 and values["mean_accuracy"] == 0.75
    assert 0 <= values["ece"] <= 1


def test_the_row_of_a_batch_says_which_question_it_is() -> None:
    polls = [poll("1", "blue"), poll("2", "red")]
    assert counted(polls, ["red", "blue"], [], (1, 0)).result()["accuracy"] == 1


def test_a_question_of_several_people_counts_once_by_their_agreement() -> None:
    several = poll("1", "red", "red", "blue")
    values = counted([several, several, poll("2", "two")], ["red", "red", "red"], []).result()
    assert values["accuracy"] == pytest.approx((4 / 9 + 0) / 2)


def test_what_no_answer_of_training_answers_is_wrong() -> None:
    meter = counted([poll("1", "red")], ["red"], [poll("2", "mauve"), poll("3", "six", kind="count")])
    assert meter.result()["accuracy"] == pytest.approx(1 / 3)
    assert {row["type"]: row["questions"] for row in meter.details()["types"]} == {"color": 2, "count": 1}


def test_some_questions_are_shown() -> None:
    meter = counted([poll(str(number), "red") for number in range(8)], ["red"] * 7 + ["blue"], [])
    samples = meter.details()["samples"]
    assert [one["source"] for one in samples] == [f"a.png | {number}" for number in (0, 1, 3, 4, 6)]
    assert samples[0]["target"] == ["red"] and samples[0]["answer"] == "red"
