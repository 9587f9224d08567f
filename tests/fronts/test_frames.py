"""Films as steps: what a frame becomes, and that padding is never looked at."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from seqloom.errors import InputError
from seqloom.fronts.frames import Frames
from seqloom.layers.resnet import ResidualNet


def front(height: int = 16, width: int = 8, **options: object) -> Frames:
    torch.manual_seed(0)
    return Frames((height, width, 3), 5, **{"widths": (8, 16), **options}).double().eval()  # type: ignore[arg-type]


def films(*size: int) -> Tensor:
    return torch.randn(*size, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def mask(*lengths: int) -> Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def run(one: Frames, values: Tensor, there: Tensor) -> Tensor:
    vectors: Tensor = one(one.filled(values, there))
    return vectors


def test_a_frame_is_the_network_averaged_to_cells_and_a_matrix() -> None:
    one, x = front(places=2), films(2, 3, 16, 8)
    assert one.cells == (2, 2) and one.net.grid(16, 8) == (8, 4)
    for row in range(2):
        for frame in range(3):
            features = one.net(x[row, frame].permute(2, 0, 1)[None])
            wanted = one.matrix(one.norm(avg_pool2d(features, (4, 2)).flatten()))  # channel by channel, then row by row
            torch.testing.assert_close(one(x)[row, frame], wanted)
    assert front(places=1).cells == (1, 1) and front(places=0).cells == (8, 4) and front(places=9).cells == (8, 4)


def test_every_frame_stands_for_itself() -> None:
    """What comes later changes no vector before it, and a frame gives the same vector wherever it stands."""
    one, x = front(), films(1, 4, 16, 8)
    whole = one(x)
    torch.testing.assert_close(torch.cat([one(x[:, :1]), one(x[:, 1:])], 1), whole)
    torch.testing.assert_close(one(x.flip(1)).flip(1), whole)
    assert one.causal and one.steps(mask(4)).tolist() == [[True] * 4] and one.count(4) == 4


@pytest.mark.parametrize("norm", ["group", "batch"])
@pytest.mark.parametrize("training", [False, True])
def test_padding_is_invisible(norm: str, training: bool) -> None:
    """Batch norm sees the frames that are there, in training too: with padding, its running mean would move."""
    x, there = films(3, 4, 16, 8), mask(4, 2, 0)
    read = []
    for junk in (0.0, 1e3, float("nan")):
        one = front(norm=norm).train(training)
        made = run(one, x.masked_fill(~there[:, :, None, None, None], junk), there)
        assert not made[~there].any() and made[there].isfinite().all()
        read.append((made, one.net.state_dict().get("bn1.running_mean", torch.zeros(1))))
    assert all(torch.equal(made, read[0][0]) and torch.equal(mean, read[0][1]) for made, mean in read[1:])
    shorter = run(front(norm=norm), x[1:2, :2], mask(2))
    torch.testing.assert_close(run(front(norm=norm), x, there)[1:2, :2], shorter)


def test_no_frame_at_all_gives_no_vector() -> None:
    assert run(front(), films(2, 3, 16, 8), torch.zeros(2, 3, dtype=torch.bool)).tolist() == [[[0.0] * 5] * 3] * 2


def test_gradients_reach_the_frames_that_are_there() -> None:
    one, x = front(), films(2, 3, 16, 8).requires_grad_()
    run(one, x, mask(3, 1)).square().sum().backward()
    assert x.grad is not None
    assert x.grad.flatten(2).any(2).tolist() == [[True, True, True], [True, False, False]]
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in one.parameters())


def test_dropout_is_in_training_only() -> None:
    torch.manual_seed(0)
    one, x = Frames((8, 8, 3), 5, 0.5, widths=(8,)).double(), films(1, 2, 8, 8)
    assert not torch.equal(one(x), one(x))
    one.eval()
    assert torch.equal(one(x), one(x))


@pytest.mark.parametrize("freeze", [False, True])
def test_weights_of_a_file_can_be_frozen(freeze: bool) -> None:
    torch.manual_seed(1)
    given = ResidualNet(3, widths=(8, 16), norm="batch").state_dict()
    one = front(norm="batch", weights="w.safetensors", freeze=freeze).float().train()
    assert one.take(given)[0] == "30 of 30 tensors of the network start from the file"
    one(films(2, 3, 16, 8).float()).square().sum().backward()
    learning = {name for name, p in one.named_parameters() if p.grad is not None and p.grad.any()}
    assert ("net.conv1.weight" in learning) != freeze and "matrix.weight" in learning
    assert torch.equal(one.net.state_dict()["bn1.running_mean"], given["bn1.running_mean"]) == freeze


def test_what_cannot_be() -> None:
    with pytest.raises(InputError, match=r"never trained: name a file as front\.weights"):
        front(freeze=True)
    with pytest.raises(InputError, match=r"source\.front\.places=-1 cannot be used"):
        front(places=-1)
