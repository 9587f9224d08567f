"""The study of exploding gradients: its verdict, that of its control, and what it measures."""

from typing import Any

import pytest

from seqloom.studies.conduct import conduct
from seqloom.studies.exploding import CLIPPED, LOOSE, TRAININGS, Exploding
from seqloom.studies.statistics import Outcome


def rows(factor: float = 1.3, beyond: int = 0, clipped: bool = False, loose: bool = True) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for seed in (1, 2, 3):
        found.append({"seed": seed, "arm": "relu, gain 1.7", "factor": factor + seed / 100})
        found.append({"seed": seed, "training": CLIPPED, "broke": clipped, "beyond": beyond if seed == 2 else 0})
        found.append({"seed": seed, "training": LOOSE, "broke": loose, "beyond": 1})
    return found


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, "holds"),
        ({"factor": 0.9}, "does not hold"),
        ({"factor": 1.04}, "inconclusive"),
        ({"beyond": 1}, "does not hold"),
        ({"clipped": True}, "does not hold"),
        ({"loose": False}, "does not hold"),
    ],
)
def test_the_verdict_follows_from_the_rows(given: dict[str, Any], answer: Outcome) -> None:
    assert Exploding().judge(rows(**given)).answer == answer


def test_trainings_end_where_their_numbers_do() -> None:
    study = Exploding(length=40, size=16, gain=3.0, clip=0.5, updates=6)
    found = study.measure(2, lambda note: None)
    assert found == study.measure(2, lambda note: None)
    ends = {row["training"]: row for row in found if "broke" in row}
    assert list(ends) == [training.name for training in TRAININGS]
    assert ends[LOOSE]["broke"] and ends[LOOSE]["ended"] <= 6
    assert not ends[CLIPPED]["broke"] and ends[CLIPPED]["largest"] <= 0.5 * 1.001 and ends[CLIPPED]["beyond"] == 0
    factors = {row["arm"]: row["factor"] for row in found if "factor" in row}
    assert factors["relu, gain 3"] > 1.5 > 1 > factors["relu, gain 0.5"]
    numbered = [{"seed": 2, **row} for row in found]
    flows, steps = study.figures(numbered)
    assert len(flows.lines) == 8  # type: ignore[union-attr]
    drawn = {line.name: line for line in steps.lines}  # type: ignore[union-attr]
    assert len(drawn[LOOSE].x) == ends[LOOSE]["ended"] - 1
    assert drawn[CLIPPED].y.max() <= 0.5 * 1.001
    assert len(study.table(numbered).rows) == len(TRAININGS)


@pytest.mark.slow
def test_it_holds_and_its_control_does_not() -> None:
    assert conduct("exploding", Exploding.tiny, seeds=4, jobs=1).verdict.answer == "holds"
    broken = {**Exploding.tiny, **Exploding.control}
    assert conduct("exploding", broken, seeds=4, jobs=1).verdict.answer == "does not hold"
