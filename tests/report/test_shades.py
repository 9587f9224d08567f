"""Shades of a grid: how strong each value is on its scale."""

import numpy as np
import pytest

from seqloom.report.figures import Heat
from seqloom.report.shades import MOST, pooled, shades


def heat(values: list[list[float]], **options: object) -> Heat:
    array = np.array(values)
    return Heat("", array, [str(n) for n in range(array.shape[0])], [str(n) for n in range(array.shape[1])], **options)  # type: ignore[arg-type]


def test_the_scale_is_that_of_the_values_or_the_one_given() -> None:
    assert shades(heat([[1, 2, 3]])).shares.tolist() == [[0, 0.5, 1]]
    found = shades(heat([[1, 2, 8]], low=0, high=4))
    assert found.shares.tolist() == [[0.25, 0.5, 1]] and (found.low, found.high) == (0, 4)


def test_a_scale_with_a_sign_has_0_in_the_middle() -> None:
    found = shades(heat([[-1, 0, 4]], signed=True))
    assert found.shares.tolist() == [[-0.25, 0, 1]] and (found.low, found.high) == (-4, 4)


def test_what_is_not_there_stays_so_and_infinite_is_the_end_of_the_scale() -> None:
    found = shades(heat([[np.nan, np.inf, -np.inf, 1, 3]]))
    assert np.isnan(found.shares[0, 0]) and found.shares[0, 1:].tolist() == [1, 0, 0, 1]
    assert np.isnan(shades(heat([[np.nan]])).shares).all()


@pytest.mark.parametrize("value", [0.0, 2.0, -2.0])
def test_one_value_alone_is_drawn(value: float) -> None:
    assert shades(heat([[value, value]])).shares.tolist() == [[1, 1]], "all of it is the largest there is"
    assert shades(heat([[value]], signed=True)).shares[0, 0] == np.sign(value)


def test_neighbours_are_averaged_where_there_are_many_and_gaps_do_not_count() -> None:
    assert pooled(np.array([[1.0, np.nan, 3, 5, np.nan]]), 2, 1).tolist()[0][:2] == [1, 4]
    assert np.isnan(pooled(np.array([[np.nan, np.nan]]), 2, 1)).all()
    found = shades(heat([[1, 3, 5, 7, 9]]), columns=3)
    assert found.by == (1, 2) and found.values.tolist() == [[2, 6, 9]]


def test_a_huge_grid_is_bounded() -> None:
    big = Heat("", np.ones((2000, 1000)), ["r"] * 2000, ["c"] * 1000)
    assert shades(big).values.size <= MOST


def test_a_scale_with_a_sign_reaches_as_far_below_0_as_above() -> None:
    for values in ([[-4.0, 1.0]], [[-1.0, 4.0]]):
        found = shades(Heat("", np.array(values), ["r"], ["a", "b"], signed=True))
        assert (found.low, found.high) == (-4, 4)
        assert found.shares.tolist() == [[value / 4 for value in values[0]]]
