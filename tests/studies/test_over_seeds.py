"""Numbers of a study's rows by condition."""

import numpy as np
import pytest

from seqloom.studies.over_seeds import gains, over, values

ROWS = [
    {"seed": seed, "size": size, "length": length, "accuracy": seed + size * length}
    for seed in (1, 2)
    for size in (3, 5)
    for length in (20, 10)
]


def test_values_are_those_of_a_condition() -> None:
    assert values(ROWS, "accuracy", size=3, length=10) == [31, 32]
    with pytest.raises(ValueError, match=r"no row holds accuracy of {'size': 4}"):
        values(ROWS, "accuracy", size=4)
    with pytest.raises(ValueError, match="no row holds speed"):
        values(ROWS, "speed")


def test_gains_are_taken_seed_by_seed() -> None:
    shuffled = [ROWS[place] for place in (5, 2, 7, 0, 1, 6, 3, 4)]
    assert gains(shuffled, "accuracy", {"size": 5}, {"size": 3}, length=20) == [40, 40]


def test_a_line_runs_over_places_in_order_with_its_band() -> None:
    line = over(ROWS, "length", "accuracy", "of 3", size=3)
    assert line.x.tolist() == [10, 20] and line.y.tolist() == [31.5, 61.5]
    assert line.low is not None and line.high is not None
    half = 12.706204736 * np.sqrt(0.5) / np.sqrt(2)  # Student's t of one degree of freedom
    np.testing.assert_allclose(line.high - line.y, half, rtol=1e-6)
    np.testing.assert_allclose(line.y - line.low, half, rtol=1e-6)
    assert over(ROWS[:4], "length", "accuracy", "one seed", size=3).low is None
