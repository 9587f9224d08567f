"""Decay: slopes, horizons and verdicts of norms whose law is known."""

import math

import numpy as np
import pytest

from seqloom.explaining.decay import decay


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(0.5, "vanishing"), (0.94, "vanishing"), (0.96, "kept"), (1.0, "kept"), (1.04, "kept"), (1.06, "exploding")],
)
def test_a_geometric_law_is_found_exactly(factor: float, verdict: str) -> None:
    slope, found, horizon, said = decay(3.0 * factor ** np.arange(1, 41))
    assert slope == pytest.approx(math.log(factor), abs=1e-12) and found == pytest.approx(factor, abs=1e-12)
    assert said == verdict
    if factor < 1:
        assert horizon == pytest.approx(math.log(0.01) / math.log(factor))
    else:
        assert horizon is None


def test_distances_need_not_be_every_step() -> None:
    steps = [1.0, 5.0, 20.0, 90.0]
    assert decay(0.9 ** np.asarray(steps), steps).factor == pytest.approx(0.9, abs=1e-12)


def test_what_falls_below_the_smallest_number_keeps_its_slope() -> None:
    assert decay(0.1 ** np.arange(1.0, 400)).factor == pytest.approx(0.1, rel=1e-2)


def test_what_dies_at_once_is_vanishing_from_there() -> None:
    slope, factor, horizon, verdict = decay([1.0, 1.0, 1.0, 0.0, 0.0])
    assert (slope, factor, horizon, verdict) == (-math.inf, 0.0, 4.0, "vanishing")
    assert decay([0.0, 0.0]).horizon == 1.0


@pytest.mark.parametrize("wrong", [math.inf, math.nan])
def test_what_is_no_number_has_exploded(wrong: float) -> None:
    assert decay([1.0, 1.0, wrong]).verdict == "exploding"
    assert decay([1.0, 10.0, wrong]).factor == pytest.approx(10)


def test_one_norm_has_no_slope() -> None:
    with pytest.raises(ValueError, match="no slope of 1 norms"):
        decay([1.0])
    with pytest.raises(ValueError, match="2 norms at 3 distances"):
        decay([1.0, 1.0], [1, 2, 3])
