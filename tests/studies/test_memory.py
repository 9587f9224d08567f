"""The study of memory: its verdict, that of its control, and the ladder it climbs."""

from typing import Any

import pytest

from seqloom.errors import InputError
from seqloom.studies.conduct import conduct
from seqloom.studies.memory import ARMS, SOLVED, Memory
from seqloom.studies.statistics import Outcome


def rows(rungs: dict[str, list[int]]) -> list[dict[str, Any]]:
    return [
        {"seed": seed, "puzzle": "copy", "arm": arm, "rungs": climbed, "longest": 5 * climbed}
        for arm, climbs in rungs.items()
        for seed, climbed in enumerate(climbs)
    ]


@pytest.mark.parametrize(
    ("rungs", "answer"),
    [
        ({"rnn": [1, 1, 1], "gru": [3, 3, 3], "lstm": [2, 2, 2]}, "holds"),
        ({"rnn": [3, 3, 3], "gru": [3, 3, 3], "lstm": [4, 4, 4]}, "does not hold"),
        ({"rnn": [3, 3, 3], "gru": [4, 4, 4], "lstm": [1, 1, 1]}, "does not hold"),
        ({"rnn": [1, 2, 1], "gru": [2, 2, 2], "lstm": [3, 3, 3]}, "inconclusive"),
    ],
)
def test_the_verdict_follows_from_the_rungs(rungs: dict[str, list[int]], answer: Outcome) -> None:
    study = Memory(puzzles=["copy"])
    assert study.judge(rows({**rungs, "transformer": [5, 5, 5]})).answer == answer


def test_a_lag_that_is_not_solved_ends_the_ladder() -> None:
    study = Memory(puzzles=["recall", "adding"], lags=[2, 4, 6], parameters=600, updates=1)
    found = study.measure(1, lambda note: None)
    assert found == study.measure(1, lambda note: None)
    ends = [row for row in found if "longest" in row]
    assert [(row["puzzle"], row["arm"]) for row in ends] == [(one, arm) for one in ("recall", "adding") for arm in ARMS]
    for end in ends:
        tried = [row for row in found if "lag" in row and (row["puzzle"], row["arm"]) == (end["puzzle"], end["arm"])]
        assert [row["lag"] for row in tried] == [2, 4, 6][: len(tried)]
        assert end["rungs"] == sum(row["right"] >= SOLVED for row in tried)
        assert end["rungs"] == len(tried) or tried[-1]["right"] < SOLVED
        assert end["parameters"] <= 600 or end["size"] <= 8
    numbered = [{"seed": 1, **row} for row in found]
    assert [list(figure.names) for figure in study.figures(numbered)] == [list(ARMS)] * 2  # type: ignore[union-attr]
    assert len(study.table(numbered).rows) == len(ends)


def test_a_lag_too_short_is_refused() -> None:
    with pytest.raises(InputError, match=r"lags=\[5, 1\]: the shortest can be 2"):
        Memory(lags=[5, 1])


@pytest.mark.slow
def test_orthogonal_weights_remember_as_long_as_gates_and_the_control_does_not() -> None:
    assert conduct("memory", Memory.tiny, seeds=3, jobs=1).verdict.answer == "does not hold"
    assert conduct("memory", {**Memory.tiny, **Memory.control}, seeds=3, jobs=1).verdict.answer == "holds"
