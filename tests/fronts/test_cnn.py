"""The grid of places: where a place looks, its order, padding of whole pictures, weights and freezing."""

import pytest
import torch
from torch import Tensor

from seqloom.errors import InputError
from seqloom.fronts.cnn import CNN
from seqloom.layers.resnet import ResidualNet


def front(height: int = 12, width: int = 8, **options: object) -> CNN:
    torch.manual_seed(0)
    return CNN((height, width, 3), 5, **{"widths": (8, 16), **options}).double().eval()  # type: ignore[arg-type]


def pictures(*size: int) -> Tensor:
    return torch.randn(*size, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_places_come_row_by_row_and_see_what_is_near() -> None:
    """A pixel far from a place does not reach it through the convolutions; group norm would carry it everywhere."""
    one = front(64, 48, norm="batch")
    x = pictures(1, 64, 48).requires_grad_()
    vectors = one(x)
    assert one.grid == (32, 24) and vectors.shape == (1, 32 * 24, 5)
    row, column = 20, 7
    (slope,) = torch.autograd.grad(vectors[0, row * 24 + column].square().sum(), x)
    down, across = slope[0].abs().sum(-1).nonzero().T
    assert abs(down.double().mean() - 2 * row) < 1 and abs(across.double().mean() - 2 * column) < 1
    assert down.max() - down.min() < 24 and across.max() - across.min() < 24


def test_it_is_the_network_and_a_matrix() -> None:
    one = front()
    x = pictures(2, 12, 8)
    features = one.net(x.permute(0, 3, 1, 2))
    for place, (row, column) in enumerate((r, c) for r in range(6) for c in range(4)):
        at = features[:, :, row, column]
        normal = (at - at.mean(1, keepdim=True)) / (at.var(1, unbiased=False, keepdim=True) + 1e-5).sqrt()
        wanted = normal @ one.matrix.weight.T + one.matrix.bias
        torch.testing.assert_close(one(x)[:, place], wanted)


def test_a_picture_is_there_as_a_whole() -> None:
    one = front()
    mask = torch.tensor([[True] * 12, [False] * 12])
    assert one.steps(mask).tolist() == [[True] * 24, [False] * 24]
    assert one.count(12) == 24 and not one.causal


def test_dropout_is_in_training_only() -> None:
    torch.manual_seed(0)
    one, x = CNN((8, 8, 3), 5, 0.5, widths=(8,)).double(), pictures(1, 8, 8)
    assert not torch.equal(one(x), one(x))
    one.eval()
    assert torch.equal(one(x), one(x))


@pytest.mark.parametrize("freeze", [False, True])
def test_a_frozen_network_learns_nothing(freeze: bool) -> None:
    torch.manual_seed(1)
    given = ResidualNet(3, widths=(8, 16), norm="batch").state_dict()
    one = front(norm="batch", weights="w.safetensors", freeze=freeze).float().train()
    assert one.take(given)[0] == "30 of 30 tensors of the network start from the file"
    one(pictures(3, 12, 8).float()).square().sum().backward()
    learning = {name for name, p in one.named_parameters() if p.grad is not None and p.grad.any()}
    assert ("net.conv1.weight" in learning) != freeze and "matrix.weight" in learning
    assert torch.equal(one.net.state_dict()["bn1.running_mean"], given["bn1.running_mean"]) == freeze


def test_freezing_what_nobody_trained() -> None:
    with pytest.raises(InputError, match=r"never trained: name a file as front\.weights"):
        front(freeze=True)
