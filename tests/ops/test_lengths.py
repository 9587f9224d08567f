"""Turn rows by their length; take their last valid step."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.ops.lengths import flip, last

lengths = st.lists(st.integers(0, 6), min_size=1, max_size=5)


def rows(sizes: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Number every step of every row, so that each is known by its value."""
    x = torch.arange(len(sizes) * 7 * 2, dtype=torch.float64).view(len(sizes), 7, 2)
    return x, torch.arange(7) < torch.tensor(sizes)[:, None]


@given(lengths)
def test_flip_turns_the_data_and_leaves_the_padding(sizes: list[int]) -> None:
    x, mask = rows(sizes)
    turned = flip(x, mask)
    for row, length in enumerate(sizes):
        assert torch.equal(turned[row, :length], x[row, :length].flip(0))
        assert torch.equal(turned[row, length:], x[row, length:])
    assert torch.equal(flip(turned, mask), x)


def test_flip_of_ids_and_without_a_mask() -> None:
    ids = torch.tensor([[1, 2, 3], [4, 5, 0]])
    assert flip(ids, ids > 0).tolist() == [[3, 2, 1], [5, 4, 0]]
    assert flip(ids, None).tolist() == [[3, 2, 1], [0, 5, 4]]


@given(lengths)
def test_last_is_the_last_valid_step(sizes: list[int]) -> None:
    x, mask = rows(sizes)
    empty = -torch.ones(len(sizes), 2, dtype=torch.float64)
    got = last(x, mask, empty)
    for row, length in enumerate(sizes):
        assert torch.equal(got[row], x[row, length - 1] if length else empty[row])


def test_last_without_a_mask_and_without_time() -> None:
    x, _ = rows([7, 7])
    assert torch.equal(last(x, None, x[:, 0]), x[:, 6])
    assert torch.equal(last(x[:, :0], None, x[:, 0]), x[:, 0])
