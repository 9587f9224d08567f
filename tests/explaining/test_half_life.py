"""Half-lives: known gates forget by known laws."""

import numpy as np
import pytest

from seqloom.explaining.half_life import half_life, highway, saturated, unit_half_life


@pytest.mark.parametrize(("keep", "steps"), [(0.5, 1.0), (0.5**0.1, 10.0), (0.25, 0.5), (0.0, 0.0), (1.0, np.inf)])
def test_a_memory_halves(keep: float, steps: float) -> None:
    assert half_life(np.array([keep]))[0] == pytest.approx(steps)


def test_a_unit_halves_at_its_mean_pace() -> None:
    """After the steps of the row, 0.5 ** (steps / half-life) is left, whatever single steps did."""
    keep = np.array([[0.9, 1.0, 0.0], [0.1, 1.0, 0.5], [0.7, 1.0, 0.5]])
    found = unit_half_life(keep)
    assert 0.5 ** (3 / found[0]) == pytest.approx(0.9 * 0.1 * 0.7)
    assert found[1] == np.inf and found[2] == 0


def test_the_highway_is_the_product_of_the_steps_to_come() -> None:
    keep = np.array([[0.9], [0.5], [0.2]])
    np.testing.assert_allclose(highway(keep), [[0.1], [0.2], [1.0]])
    assert highway(np.array([[1.0], [0.0], [0.5]])).ravel().tolist() == [0.0, 0.5, 1.0]


def test_saturated_is_below_a_tenth_or_above_nine() -> None:
    low, high = saturated(np.array([[0.05, 0.1], [0.95, 0.9], [0.5, 0.91], [0.99, 0.0]]))
    np.testing.assert_array_equal(low, [0.25, 0.25])
    np.testing.assert_array_equal(high, [0.5, 0.25])
