"""Kernels: leave-one-out in closed form is leaving one out."""

import numpy as np
import pytest

from seqloom.checking import kernels
from seqloom.checking.kernels import left_over, of_ids, of_numbers


def test_what_is_left_is_what_a_fit_without_the_row_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "RIDGES", (0.3,))
    draw = np.random.default_rng(0)
    values = draw.normal(size=(30, 4))
    kernel, target = of_numbers(values), draw.normal(size=(30, 2))
    left = left_over(kernel, [], target)
    truth = target - target.mean(0)
    for row in (0, 7, 29):
        rest = np.delete(np.arange(30), row)
        alpha = np.linalg.solve(kernel[np.ix_(rest, rest)] + 0.3 * np.eye(29), truth[rest])
        assert left[row] == pytest.approx(truth[row] - kernel[row, rest] @ alpha, abs=1e-4)


def test_cosines_of_counts_by_hand() -> None:
    found = of_ids(np.array([1, 2, 2, 2, 2, 3]), np.array([0, 0, 1, 1, 1, 1]), 3)
    # the rows are {1, 2}, {2, 2, 2, 3} and {}
    assert found.shape == (3, 3) and np.diag(found).tolist() == [1, 1, 1] and np.allclose(found, found.T)
    once, many = np.array([1, 1, 0]), np.array([0, 3**0.5, 1])  # of 1, 2 and 3, by square roots
    assert found[0, 1] == pytest.approx(once @ many / np.sqrt(2 * 4), rel=1e-6) and found[2, :2].tolist() == [0, 0]


def test_the_kernel_that_knows_is_listened_to() -> None:
    draw = np.random.default_rng(1)
    labels = draw.integers(0, 2, 200)
    blind, seeing = (
        of_numbers(draw.normal(size=(200, 3))),
        of_numbers(labels[:, None] + 0.1 * draw.normal(size=(200, 1))),
    )
    target = np.eye(2)[labels]
    alone, both = left_over(blind, [], target), left_over(blind, [seeing], target)
    assert (both**2).mean() < 0.2 * (alone**2).mean()
