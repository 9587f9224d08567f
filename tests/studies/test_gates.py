"""The study of gates: its verdict, that of its control, and that a held gate is what it says."""

from typing import Any

import pytest
import torch

from seqloom.studies.conduct import conduct
from seqloom.studies.gates import Gates, half_life, held
from seqloom.studies.lags import RECALL
from seqloom.studies.learning import numbers
from seqloom.studies.statistics import Outcome
from seqloom.tape import Patch, Tape


def rows(alone: float = 0.98, kept: float = 1.0, lost: float = 0.13) -> list[dict[str, Any]]:
    return [
        {"seed": seed, "cell": cell, "lag": lag, "way": way, "value": value, "right": right + seed / 1000}
        for seed in (1, 2, 3)
        for cell in ("lstm", "gru")
        for lag in (10, 50, 200)
        for way, value, right in (
            ("alone", 1.0, alone),
            ("alone", 0.5, 0.6),
            ("nothing written", 1.0, kept),
            ("nothing written", 0.5, lost),
        )
    ]


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, "holds"),
        ({"alone": 0.5}, "does not hold"),
        ({"kept": 0.8}, "does not hold"),
        ({"lost": 0.9}, "does not hold"),
        ({"kept": 0.898}, "inconclusive"),
    ],
)
def test_the_verdict_follows_from_the_answers(given: dict[str, float], answer: Outcome) -> None:
    assert Gates().judge(rows(**given)).answer == answer


def test_a_gate_is_held_from_the_second_step_on() -> None:
    model = RECALL.model({"kind": "lstm", "size": 4}, 1)
    batch = RECALL.draw(numbers(1), 3, 6)
    path = "encoder.stack.cells.0.forwards"
    with torch.no_grad(), Tape(model) as before:
        model(batch)
    changes = {"encoder.*.f": held(1.0), "encoder.*.i": held(0.0)}
    with torch.no_grad(), Patch(model, changes), Tape(model) as tape:
        model(batch)
    assert torch.equal(tape[f"{path}.f"][:, 0], before[f"{path}.f"][:, 0])
    assert torch.equal(tape[f"{path}.f"][:, 1:], torch.ones(3, 6, 4))
    c = tape[f"{path}.c"]
    assert torch.equal(c, c[:, :1].expand_as(c)) and float(c.abs().min()) > 0  # the highway, to the last bit


def test_half_lives() -> None:
    assert half_life(0.5) == pytest.approx(1)
    assert half_life(0.9) == pytest.approx(6.579, abs=1e-3)
    assert half_life(1.0) == float("inf")


def test_one_seed_measures_every_gate_and_draws_it() -> None:
    study = Gates(lag=3, size=8, updates=3, held=[0.9])
    found = study.measure(1, lambda note: None)
    assert found == study.measure(1, lambda note: None)
    assert len(found) == 2 * 3 * (1 + 2 * 3)  # cells, lags, as learned and three numbers in two ways
    assert all(0 <= row["right"] <= 1 for row in found)
    numbered = [{"seed": 1, **row} for row in found]
    figures = study.figures(numbered)
    assert len(figures) == 4 and all(len(figure.lines) == 4 for figure in figures)  # type: ignore[union-attr]
    assert len(study.table(numbered).rows) == len(found)


@pytest.mark.slow
def test_it_holds_and_its_control_does_not() -> None:
    assert conduct("gates", Gates.tiny, seeds=3, jobs=1).verdict.answer == "holds"
    assert conduct("gates", {**Gates.tiny, **Gates.control}, seeds=3, jobs=1).verdict.answer == "does not hold"
