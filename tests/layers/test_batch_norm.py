"""Batch norm against torch's own, in training and after, and that its statistics are saved as weights are."""

import pytest
import torch

from seqloom.layers.batch_norm import BatchNorm


def x(seed: int, *size: int) -> torch.Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 3 + 1


def test_it_is_torchs() -> None:
    ours, theirs = BatchNorm(4).double(), torch.nn.BatchNorm2d(4).double()
    for module in (ours, theirs):
        torch.nn.init.uniform_(module.weight, generator=torch.Generator().manual_seed(0))
        torch.nn.init.uniform_(module.bias, generator=torch.Generator().manual_seed(1))
    for seed in range(3):
        torch.testing.assert_close(ours(x(seed, 5, 4, 3, 2)), theirs(x(seed, 5, 4, 3, 2)))
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(getattr(ours, name).detach(), getattr(theirs, name))
    ours.eval(), theirs.eval()
    torch.testing.assert_close(ours(x(9, 2, 4, 3, 2)), theirs(x(9, 2, 4, 3, 2)))


def test_statistics_are_weights_that_learn_nothing() -> None:
    one = BatchNorm(4).double()
    one(x(0, 5, 4, 3, 2)).square().sum().backward()
    named = dict(one.named_parameters())
    assert {name for name, p in named.items() if not p.requires_grad} == {"running_mean", "running_var"}
    assert named["running_mean"].any() and named["running_mean"].grad is None
    assert not list(one.buffers())


@pytest.mark.parametrize("size", [(0, 4, 3, 3), (1, 4, 1, 1)])
def test_a_batch_without_a_deviation_moves_nothing(size: tuple[int, ...]) -> None:
    one = BatchNorm(4).double()
    assert one(x(0, *size)).shape == size
    assert not one.running_mean.any() and (one.running_var == 1).all()
