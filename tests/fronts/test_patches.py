"""Patches by hand: which pixels a step holds, and in which order steps come."""

import torch

from seqloom.fronts.patches import Patches


def test_patches_come_row_by_row_and_hold_their_own_pixels() -> None:
    front = Patches((6, 9, 2), 4, patch=3).double()
    x = torch.randn(2, 6, 9, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    vectors = front(x)
    assert front.grid == (2, 3) and vectors.shape == (2, 6, 4)
    for row in range(2):
        for column in range(3):
            tile = x[:, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3].flatten(1)
            torch.testing.assert_close(vectors[:, 3 * row + column], front.matrix(tile))


def test_square_pictures_are_not_turned() -> None:
    front = Patches((4, 4, 1), 1, patch=2).double()
    x = torch.arange(16, dtype=torch.float64).reshape(1, 4, 4, 1)
    torch.nn.init.ones_(front.matrix.weight)
    assert front(x)[0, :, 0].tolist() == [10, 18, 42, 50], "0 1 4 5, then what is to the right of it"
