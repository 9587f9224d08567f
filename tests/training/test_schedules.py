"""Rates at given steps, by hand."""

import math

import pytest

from seqloom.spec import FitSpec
from seqloom.training.schedules import Plateau, factor


def at(step: int, steps: int | None = 110, **fit: object) -> float:
    return factor(FitSpec.model_validate(fit), step, steps)


def test_constant() -> None:
    assert [at(step, schedule="constant") for step in (0, 5, 109, 500)] == [1, 1, 1, 1]


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "noam", "plateau"])
def test_warm_up_rises_in_a_line_to_one(schedule: str) -> None:
    assert [at(step, schedule=schedule, warmup=10) for step in (0, 4, 9)] == [0.1, 0.5, 1.0]


def test_linear() -> None:
    values = {10: 1.0, 35: 0.75, 60: 0.5, 110: 0.0, 130: 0.0}
    assert {step: at(step, schedule="linear", warmup=10) for step in values} == values


def test_cosine() -> None:
    values = {10: 1.0, 35: 0.5 + math.sqrt(0.125), 60: 0.5, 85: 0.5 - math.sqrt(0.125), 110: 0.0, 200: 0.0}
    assert {step: at(step, schedule="cosine", warmup=10) for step in values} == pytest.approx(values, abs=1e-15)


def test_noam_falls_by_the_root_from_its_peak() -> None:
    """min(n^-0.5, n * warmup^-1.5) of Vaswani et al. 2017, times warmup^0.5, with n from 1."""
    ours = [at(step, schedule="noam", warmup=16) for step in range(200)]
    assert ours == pytest.approx([4 * min(n**-0.5, n * 16**-1.5) for n in range(1, 201)])
    assert max(ours) == ours[15] == 1.0
    assert ours[63] == 0.5


def test_noam_without_warm_up() -> None:
    assert [at(step, schedule="noam") for step in (0, 3, 99)] == [1.0, 0.5, 0.1]


def test_a_budget_that_is_not_measured_holds_the_peak() -> None:
    assert [at(50, None, schedule=name, warmup=10) for name in ("linear", "cosine")] == [1.0, 1.0]


def test_plateau_halves_after_two_validations_without_gain() -> None:
    plateau, scales = Plateau(), []
    for gained in [True, False, True, False, False, False, False, True]:
        plateau.see(gained)
        scales.append(plateau.scale)
    assert scales == [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]
