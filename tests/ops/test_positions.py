"""Sinusoids and rotation: what holds for every size and place (their formulas: tests/oracles/test_papers.py)."""

import pytest
import torch

from seqloom.ops.positions import rotate, sinusoids


@pytest.mark.parametrize("size", [2, 6, 16])
def test_rotation_keeps_lengths_and_does_nothing_at_zero(size: int) -> None:
    x = torch.randn(2, 3, 4, size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    position = torch.tensor([[0, 1, 5, 9], [3, 2, 1, 0]])
    turned = rotate(x, position)
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))
    assert torch.equal(turned[0, :, 0], x[0, :, 0]) and torch.equal(turned[1, :, 3], x[1, :, 3])
    assert (turned[0, :, 1] - x[0, :, 1]).abs().max() > 0.1


def test_each_row_is_placed_by_its_own_positions() -> None:
    position = torch.tensor([[0, 1], [7, 8]])
    both = sinusoids(position, 4, torch.float64)
    assert torch.equal(both[1], sinusoids(position[1:], 4, torch.float64)[0])
    assert not torch.equal(both[0], both[1])


def test_half_precision_is_turned_in_single() -> None:
    """At position 500 an angle in bfloat16 would be off by whole radians."""
    x = torch.ones(1, 1, 1, 4, dtype=torch.bfloat16)
    turned = rotate(x, torch.tensor([[500]]))
    assert turned.dtype == torch.bfloat16
    torch.testing.assert_close(turned.float(), rotate(x.float(), torch.tensor([[500]])), atol=1e-2, rtol=1e-2)
