"""Rollout against products worked by hand, and entropy in nats."""

import math

import numpy as np
import pytest
import torch

from seqloom.explaining.rollout import entropy, rollout, rollout_decoder, shares

ONE = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]])  # two heads; mean [[.75, .25], [.5, .5]]
TWO = np.array([[[0.2, 0.8], [1.0, 0.0]]])


def test_two_layers_are_the_product_worked_by_hand() -> None:
    # A_1 = [[.875, .125], [.25, .75]], A_2 = [[.6, .4], [.5, .5]], and R = A_2 A_1, the top layer first
    np.testing.assert_allclose(rollout([ONE]), [[0.875, 0.125], [0.25, 0.75]])
    np.testing.assert_allclose(rollout([ONE, TWO]), [[0.625, 0.375], [0.5625, 0.4375]])


def test_a_decoder_shares_a_row_between_what_it_heard_and_what_was_read() -> None:
    own = np.array([[[1.0, 0.0], [0.5, 0.5]]])  # A = [[1, 0], [.25, .75]]
    cross = np.array([[[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]])
    heard, seen = rollout_decoder([own], [cross])
    np.testing.assert_allclose(heard, [[0.5, 0], [0.125, 0.375]])
    np.testing.assert_allclose(seen, [[0.1, 0.15, 0.25], [0.5, 0, 0]])
    read = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(rollout_decoder([own], [cross], read)[1], [[0.15, 0.1, 0.25], [0, 0.5, 0]])
    twice, seen = rollout_decoder([own, own], [cross, cross])
    # step two: A heard, then half of it and half of what is read anew
    np.testing.assert_allclose(twice, 0.5 * np.array([[0.5, 0], [0.21875, 0.28125]]))
    np.testing.assert_allclose(
        seen[1], 0.5 * (0.25 * np.array([0.1, 0.15, 0.25]) + 0.75 * np.array([0.5, 0, 0])) + [0.5, 0, 0]
    )
    np.testing.assert_allclose(twice.sum(-1) + seen.sum(-1), 1)


def test_a_decoder_that_reads_nothing_is_a_stack_like_any() -> None:
    heard, seen = rollout_decoder([ONE, TWO], [None, None])
    np.testing.assert_allclose(heard, rollout([ONE, TWO]))
    assert seen.shape == (2, 0)


def test_entropy_is_in_nats_and_a_share_of_the_most_there_can_be() -> None:
    weights = np.array([[[0.25, 0.25, 0.25, 0.25], [1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0]]])
    nats = entropy(torch.tensor(weights)).numpy()
    np.testing.assert_allclose(nats, [[math.log(4), 0, math.log(2), 0]])
    share = shares(nats, np.array([4, 1, 3, 0]))
    np.testing.assert_allclose(share[0, [0, 2]], [1, math.log(2) / math.log(3)])
    assert np.isnan(share[0, [1, 3]]).all(), "a row of one place or none had no choice"


@pytest.mark.parametrize("layers", [1, 3])
def test_rows_sum_to_one(layers: int) -> None:
    made = np.random.default_rng(1)
    stack = [made.dirichlet(np.ones(7), (3, 7)) for _ in range(layers)]
    np.testing.assert_allclose(rollout(stack).sum(-1), 1)
