"""Accuracy of answers by type of question: by hand, with one answer and with those of many people."""

from itertools import combinations

import pytest

from seqloom.errors import InputError
from seqloom.metrics.questions import Questions, agreement, frequent, kind_of


def test_accuracy_in_all_and_by_type() -> None:
    metric = Questions(["what color", "is there"])
    for answer, true, kind in [
        ("red", "red", "what color"),
        ("red", "blue", "what color"),
        ("green", "green", "what color"),
        ("yes", "yes", "is there"),
        ("2", "3", "how many"),
    ]:
        metric.add(answer, [true], kind)
    assert metric.result() == pytest.approx(
        {
            "accuracy": 3 / 5,
            "mean_accuracy": (2 / 3 + 1 + 0) / 3,
            "accuracy/what color": 2 / 3,
            "accuracy/is there": 1.0,
            "accuracy/other": 0.0,
        }
    )
    assert [(row["type"], row["questions"]) for row in metric.per_type()] == [
        ("what color", 3),
        ("is there", 1),
        ("other", 1),
    ]


def test_a_type_that_was_not_asked_has_no_accuracy() -> None:
    metric = Questions(["what color", "is there"])
    metric.add("red", ["red"], "what color")
    assert metric.result() == {"accuracy": 1.0, "mean_accuracy": 1.0, "accuracy/what color": 1.0}


@pytest.mark.parametrize("same", range(11))
def test_agreement_is_the_mean_over_ways_to_leave_a_person_out(same: int) -> None:
    answers = ["red"] * same + ["blue"] * (10 - same)
    ways = [min(rest.count("red") / 3, 1) for rest in combinations(answers, 9)]
    assert agreement("red", answers) == pytest.approx(sum(ways) / len(ways))


def test_numbers_of_the_papers_rule() -> None:
    assert [agreement("a", ["a"] * n + ["b"] * (10 - n)) for n in (0, 4, 10)] == [0, 1, 1]
    assert agreement("a", ["a", "b", "b"]) == pytest.approx(2 / 9)
    assert agreement("a", ["a"]) == 1 and agreement("b", ["a"]) == 0


def test_nothing_to_measure() -> None:
    with pytest.raises(InputError, match="no question was answered"):
        Questions([]).result()
    with pytest.raises(InputError, match="'red' has nothing to be compared with"):
        Questions([]).add("red", [], "what color")


def test_the_type_of_a_question_is_how_it_begins() -> None:
    assert [kind_of(text) for text in ("What color is it?", "is  there a dog?", "Why?", "?", "이것은 무슨 색?")] == [
        "what color",
        "is there",
        "why",
        "other",
        "이것은 무슨",
    ]


def test_the_most_frequent_types_are_told_apart() -> None:
    assert frequent(["b", "a", "c", "a", "b", "d"], 3) == ["a", "b", "c"]
    assert frequent([]) == []
