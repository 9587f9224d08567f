"""Pools over the valid steps, against each row by itself."""

import pytest
import torch

from seqloom.ops import pool

LENGTHS = (3, 5, 0, 1)


def data() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    x = torch.randn(4, 5, 2, generator=g, dtype=torch.float64) - 3  # all below zero: a maximum must not see padding's 0
    return x, torch.arange(5) < torch.tensor(LENGTHS)[:, None], torch.randn(4, 5, generator=g, dtype=torch.float64)


def test_the_mean_and_the_maximum_are_of_valid_steps() -> None:
    x, mask, _ = data()
    for row, length in enumerate(LENGTHS):
        own = x[row, :length]
        torch.testing.assert_close(pool.mean(x, mask)[row], own.mean(0) if length else torch.zeros_like(x[0, 0]))
        torch.testing.assert_close(pool.maximum(x, mask)[row], own.amax(0) if length else torch.zeros_like(x[0, 0]))


def test_attention_is_the_mean_by_softmax_of_valid_scores() -> None:
    x, mask, score = data()
    got = pool.attention(x, mask, score)
    for row, length in enumerate(LENGTHS):
        own = (score[row, :length].softmax(0)[:, None] * x[row, :length]).sum(0)
        torch.testing.assert_close(got[row], own)


@pytest.mark.parametrize("way", ["mean", "maximum", "attention"])
def test_an_empty_row_gives_zeros_and_finite_gradients(way: str) -> None:
    x, mask, score = data()
    x.requires_grad_()
    score.requires_grad_()
    got = pool.attention(x, mask, score) if way == "attention" else getattr(pool, way)(x, mask)
    assert not got[2].any()
    slopes = torch.autograd.grad(got.square().sum(), (x, score), materialize_grads=True, allow_unused=True)
    assert all(slope.isfinite().all() and not slope[~mask].any() for slope in slopes)


def test_no_time_at_all_gives_zeros() -> None:
    x, mask = torch.zeros(2, 0, 3), torch.zeros(2, 0, dtype=torch.bool)
    assert pool.mean(x, mask).tolist() == pool.maximum(x, mask).tolist() == [[0] * 3] * 2
    assert pool.attention(x, mask, torch.zeros(2, 0)).tolist() == [[0] * 3] * 2
