"""Projection: principal components of points whose axes are known."""

import numpy as np
import pytest

from seqloom.explaining.projection import principal


def test_the_longest_axes_are_found() -> None:
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    along = rng.normal(size=(400, 5)) * [5, 2, 0.1, 0.1, 0.1]
    along -= along.mean(0)
    found, shares = principal(along @ turn.T + 3)
    assert shares.sum() > 0.99 and shares[0] == pytest.approx(25 / 29, abs=0.03)
    for component in (0, 1):
        assert abs(np.corrcoef(found[:, component], along[:, component])[0, 1]) > 0.99
    np.testing.assert_allclose(found.std(0), along[:, :2].std(0), rtol=0.05)


def test_the_same_states_are_drawn_alike() -> None:
    states = np.random.default_rng(1).normal(size=(30, 4))
    first, again = principal(states)[0], principal(states[:, ::-1])[0]
    np.testing.assert_allclose(first, again, atol=1e-9)


def test_states_that_do_not_move_and_single_units() -> None:
    found, shares = principal(np.ones((3, 4)))
    assert not found.any() and not shares.any()
    found, shares = principal(np.array([[1.0], [3.0]]))
    np.testing.assert_allclose(found, [[-1, 0], [1, 0]])
    np.testing.assert_allclose(shares, [1, 0])
    assert principal(np.ones((1, 4)))[0].shape == (1, 2)
