"""Series as vectors: patches against slices by hand, what is beyond a row's end, how many there are."""

from math import ceil

import pytest
import torch
from torch import Tensor

from seqloom.errors import InputError
from seqloom.layers.embedding import VectorInput
from seqloom.layers.series import SeriesInput


def built(patch: int | None = None, stride: int | None = None) -> SeriesInput:
    torch.manual_seed(0)
    return SeriesInput(2, 3, patch=patch, stride=stride).double()


def rows(*lengths: int, width: int, junk: float = 0.0) -> tuple[Tensor, Tensor]:
    mask = torch.arange(width) < torch.tensor(lengths)[:, None]
    x = torch.randn(len(lengths), width, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return x.masked_fill(~mask.unsqueeze(-1), junk), mask


def patches(row: Tensor, patch: int, stride: int) -> list[Tensor]:
    """Cut one row by the words of the docstring."""
    if not len(row):
        return []
    count = ceil(max(len(row) - patch, 0) / stride) + 1
    longer = torch.cat([row, row[-1:].expand(patch + stride, -1)])
    return [longer[n * stride : n * stride + patch] for n in range(count)]


@pytest.mark.parametrize(("patch", "stride"), [(4, None), (4, 4), (4, 2), (3, 1), (5, 3), (20, 7)])
@pytest.mark.parametrize("junk", [0.0, 99.0])
def test_patches_are_slices_and_the_last_is_filled_with_the_last_step(patch: int, stride: int, junk: float) -> None:
    one = built(patch, stride)
    x, mask = rows(11, 4, 1, 0, 8, width=13, junk=junk)
    vectors, seen = one(one.filled(x, mask)), one.steps(mask)
    assert vectors.shape[:2] == seen.shape
    for number, length in enumerate(mask.sum(1).tolist()):
        cut = patches(x[number, :length], patch, stride or patch)
        assert seen[number].tolist() == [True] * len(cut) + [False] * (seen.shape[1] - len(cut))
        for place, piece in enumerate(cut):
            wanted = piece.reshape(-1) @ one.matrix.weight.T + one.matrix.bias
            torch.testing.assert_close(vectors[number, place], wanted)


def test_every_step_is_in_a_patch() -> None:
    for patch, stride in ((4, 4), (4, 3), (6, 1)):
        one = built(patch, stride)
        for length in range(1, 15):
            x, mask = rows(length, width=length)
            x = x.requires_grad_()
            (slope,) = torch.autograd.grad(one(one.filled(x, mask)).square().sum(), x)
            assert (slope != 0).all(), (patch, stride, length)


def test_a_width_of_nothing() -> None:
    one = built(4)
    x, mask = rows(0, 0, width=0)
    assert one(one.filled(x, mask)).shape == (2, 0, 3) and one.steps(mask).shape == (2, 0)


def test_without_patches_it_is_a_matrix_a_step() -> None:
    one, plain = built(), VectorInput(2, 3).double()
    plain.load_state_dict(one.state_dict())
    x, mask = rows(5, 2, width=6)
    assert torch.equal(one(one.filled(x, mask)), plain(x)) and one.steps(mask) is mask
    assert one.causal and not built(2).causal


def test_dropout_is_in_training_only() -> None:
    one = SeriesInput(2, 3, 0.5, patch=2)
    x = torch.randn(1, 4, 2)
    one.eval()
    assert torch.equal(one(x), one(x))
    one.train()
    assert not torch.equal(one(x), one(x))


@pytest.mark.parametrize(
    ("patch", "stride", "said"),
    [(None, 3, "series.stride=3 is the way from one patch to the next"), (2, 3, "steps between patches would never")],
)
def test_strides_that_leave_steps_out(patch: int | None, stride: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        built(patch, stride)
