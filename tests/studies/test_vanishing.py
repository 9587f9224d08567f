"""The study of vanishing gradients: its verdict, that of its control, and what its judge goes by."""

from typing import Any

import pytest

from seqloom.studies.conduct import conduct
from seqloom.studies.statistics import Outcome
from seqloom.studies.vanishing import ARMS, Vanishing

AS_SAID = {
    ("rnn tanh, orthogonal", "start"): 0.9,
    ("rnn tanh, orthogonal", "trained"): 0.7,
    ("gru", "trained"): 0.98,
    ("lstm", "trained"): 0.99,
    ("rnn relu, identity", "start"): 1.0,
    ("rnn relu, small", "start"): 0.4,
    ("rnn relu, orthogonal", "start"): 0.7,
    ("gru", "start"): 0.7,
    ("lstm", "start"): 0.9,
}


def rows(changed: dict[tuple[str, str], float]) -> list[dict[str, Any]]:
    return [
        {"seed": seed, "arm": arm, "stage": stage, "factor": factor + seed / 1000, "straight": 0.99}
        for seed in (1, 2, 3)
        for (arm, stage), factor in {**AS_SAID, **changed}.items()
    ]


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({}, "holds"),
        ({("lstm", "trained"): 0.7}, "does not hold"),
        ({("gru", "trained"): 0.9}, "does not hold"),
        ({("gru", "trained"): 0.949}, "inconclusive"),
        ({("rnn tanh, orthogonal", "start"): 1.0}, "does not hold"),
        ({("rnn tanh, orthogonal", "trained"): 1.2}, "does not hold"),
        ({("rnn relu, small", "start"): 0.99}, "does not hold"),
        ({("rnn relu, orthogonal", "start"): 0.9}, "does not hold"),
        ({("lstm", "start"): 0.1}, "holds"),
    ],
)
def test_the_verdict_follows_from_the_factors(changed: dict[tuple[str, str], float], answer: Outcome) -> None:
    assert Vanishing().judge(rows(changed)).answer == answer


def test_a_curve_is_not_geometric() -> None:
    bent = [{**row, "straight": 0.5} for row in rows({})]
    assert Vanishing().judge(bent).answer == "does not hold"


def test_one_seed_measures_every_network_and_draws_it() -> None:
    study = Vanishing(length=8, size=8, steps=2)
    found = study.measure(3, lambda note: None)
    assert found == study.measure(3, lambda note: None)
    assert {row["arm"] for row in found} == {arm.name for arm in ARMS}
    ends = {(row["arm"], row["stage"]): row["left"] for row in found if "left" in row}
    assert len(ends) == len(ARMS) + 3
    assert ends["rnn relu, small", "start"] < ends["rnn relu, identity", "start"]
    numbered = [{"seed": 3, **row} for row in found]
    start, trained = study.figures(numbered)
    assert len(start.lines) == len(ARMS) and len(trained.lines) == 3  # type: ignore[union-attr]
    assert len(study.table(numbered).rows) == len(ends)


@pytest.mark.slow
def test_it_holds_and_its_control_does_not() -> None:
    assert conduct("vanishing", Vanishing.tiny, seeds=4, jobs=1).verdict.answer == "holds"
    assert (
        conduct("vanishing", {**Vanishing.tiny, **Vanishing.control}, seeds=4, jobs=1).verdict.answer == "does not hold"
    )
