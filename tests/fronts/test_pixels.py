"""Pixels by hand: their order, and that it is another one for each seed."""

import torch

from seqloom.fronts.pixels import Pixels


def order(permute: int | None) -> list[int]:
    """Return which pixel of 3 by 4 each step reads."""
    front = Pixels((3, 4, 1), 1, permute=permute).double()
    torch.nn.init.ones_(front.matrix.weight)
    found: list[int] = front(torch.arange(12, dtype=torch.float64).reshape(1, 3, 4, 1))[0, :, 0].int().tolist()
    return found


def test_pixels_come_row_by_row_or_in_the_order_of_a_seed() -> None:
    assert order(None) == list(range(12))
    shuffled = [order(seed) for seed in (0, 1, 2)]
    assert shuffled[1] == order(1), "a run that is loaded reads as it did"
    assert all(sorted(one) == list(range(12)) for one in shuffled)
    assert len({tuple(one) for one in (*shuffled, order(None))}) == 4, "another seed, another order"


def test_what_is_shuffled_is_no_order_of_time() -> None:
    assert Pixels((3, 4, 1), 1).causal and not Pixels((3, 4, 1), 1, permute=0).causal
