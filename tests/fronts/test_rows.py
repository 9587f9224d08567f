"""Rows by hand."""

import torch

from seqloom.fronts.rows import Rows


def test_a_step_is_a_row_from_the_top() -> None:
    front = Rows((5, 5, 2), 3).double()
    x = torch.randn(2, 5, 5, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for row in range(5):
        torch.testing.assert_close(front(x)[:, row], front.matrix(x[:, row].flatten(1)))
