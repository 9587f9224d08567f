"""Stacks of frames by hand: what the last one holds, and what is done with padding."""

import torch

from seqloom.fronts.stack import Stack


def test_frames_stand_side_by_side_and_missing_ones_count_as_nothing() -> None:
    front = Stack((2,), 3, frames=3).double()
    x = torch.randn(2, 5, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mask = torch.tensor([[True] * 5, [True] * 4 + [False]])
    vectors = front(front.filled(x, mask))
    kept = torch.cat([x.masked_fill(~mask.unsqueeze(-1), 0), torch.zeros(2, 1, 2)], 1)
    for step in range(2):
        torch.testing.assert_close(vectors[:, step], front.matrix(kept[:, 3 * step : 3 * step + 3].flatten(1)))
    assert front.steps(mask).tolist() == [[True, True]] * 2 and [front.count(n) for n in range(5)] == [0, 1, 1, 1, 2]


def test_what_is_stacked_waits_for_later_frames() -> None:
    assert Stack((2,), 3).causal and not Stack((2,), 3, frames=2).causal
