"""Budgets: read from what a person writes, shared among runs, and told again."""

import pytest

from seqloom.comparing.budget import Budget, duration, parse, shared
from seqloom.errors import InputError


@pytest.mark.parametrize(
    ("text", "minutes", "steps"),
    [("10m", 10, None), ("90s", 1.5, None), ("1.5 h", 90, None), ("5000steps", None, 5000), ("200 Steps", None, 200)],
)
def test_a_budget_is_a_time_or_a_number_of_updates(text: str, minutes: float | None, steps: int | None) -> None:
    assert parse(text) == Budget(minutes, steps)


@pytest.mark.parametrize(
    ("text", "said"),
    [("10", "no unit"), ("0m", "is nothing"), ("10 parsecs", "no unit known"), ("1.5steps", "whole"), ("", "no unit")],
)
def test_what_is_no_budget_says_how_one_is_written(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        parse(text)
    assert "10m, 90s or 1.5h" in str(caught.value)


def test_a_learning_rate_is_tried_for_a_quarter() -> None:
    assert Budget(minutes=8).tried == Budget(minutes=2)
    assert Budget(steps=1000).tried == Budget(steps=250)
    assert Budget(steps=10).tried == Budget(steps=20)  # fewer say nothing
    assert Budget(steps=1000).settings == ("fit.steps=1000",)
    assert Budget(minutes=0.5).settings == ("fit.minutes=0.5",)


def test_a_total_is_shared_among_runs_and_learning_rates() -> None:
    each = shared("60m", archs=4, seeds=3, rates=4, workers=1).minutes
    assert each == pytest.approx(60 / (4 * (3 + 4 / 4)))
    assert shared("60m", 4, 3, 4, workers=2).minutes == pytest.approx(2 * each)
    assert shared("60m", 2, 1, 0, workers=8).minutes == 60, "two runs at once are all there is to do"
    assert shared("60m", 3, 1, 0, workers=2).minutes == 30, "the third begins when the first two have ended"
    assert shared("60m", 1, 3, 5, workers=3).minutes == 60 / (1 + 2 / 4), "two rounds of rates, and one of seeds"
    with pytest.raises(InputError, match="a total is a time"):
        shared("500steps", 2, 2, 0, 1)
    with pytest.raises(InputError, match="fewer seeds"):
        shared("2s", 5, 5, 0, 1)


def test_times_are_told_as_a_person_reads_them() -> None:
    assert [duration(one) for one in (0.5, 12, 99.9, 200, 180)] == ["30 s", "12 min", "99.9 min", "3 h 20 min", "3 h"]
    assert Budget(steps=5000).times(12) == "60,000 updates"
    assert str(Budget(minutes=5)) == "5 min"
