"""The residual network: equations 1 and 2 by hand, the published size of ResNet-18, sizes, norms, refusals."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, group_norm, relu

from seqloom.errors import InputError
from seqloom.layers.batch_norm import BatchNorm
from seqloom.layers.resnet import Block, Norm, ResidualNet, Shortcut, Stem


def pictures(*size: int, seed: int = 1) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def plain(block: Block, x: Tensor) -> Tensor:
    """Write the block out by equation 2 with functions of torch."""

    def normal(x: Tensor, norm: torch.nn.Module) -> Tensor:
        if isinstance(norm, BatchNorm):
            return batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)
        assert isinstance(norm, torch.nn.GroupNorm)
        return group_norm(x, norm.num_groups, norm.weight, norm.bias)

    stride = block.conv1.stride[0]
    made = relu(normal(conv2d(x, block.conv1.weight, stride=stride, padding=1), block.bn1))
    made = normal(conv2d(made, block.conv2.weight, padding=1), block.bn2)
    if block.downsample is not None:
        conv, norm = block.downsample.get_submodule("0"), block.downsample.get_submodule("1")
        x = normal(conv2d(x, conv.weight, stride=stride), norm)
    return relu(x + made)


@pytest.mark.parametrize("norm", ["group", "batch"])
@pytest.mark.parametrize(("before", "width", "stride"), [(8, 8, 1), (8, 16, 1), (8, 8, 2), (16, 32, 2)])
def test_a_block_is_the_papers_equation(norm: Norm, before: int, width: int, stride: int) -> None:
    torch.manual_seed(0)
    block = Block(before, width, stride, norm).double()
    for parameter in block.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter)
    x = pictures(3, before, 7, 5)
    block.train()
    block(x)  # the running statistics move
    block.eval()
    torch.testing.assert_close(block(x), plain(block, x))
    assert (block.downsample is None) == (before == width and stride == 1), "equation 1: the input itself"


@pytest.mark.parametrize(("width", "group"), [(8, 8), (16, 16), (24, 8), (32, 16), (48, 16)])
def test_groups_are_of_sixteen_channels_or_of_eight(width: int, group: int) -> None:
    x = pictures(2, width, 5, 4) + torch.arange(width)[:, None, None]
    parts = x.unflatten(1, (-1, group))
    mean, variance = parts.mean((2, 3, 4), keepdim=True), parts.var((2, 3, 4), unbiased=False, keepdim=True)
    wanted = ((parts - mean) / (variance + 1e-5).sqrt()).flatten(1, 2)
    torch.testing.assert_close(ResidualNet(3, widths=(width,)).double().bn1(x), wanted)


def test_resnet_18_has_the_published_size_and_names() -> None:
    """11,689,512 parameters with a matrix of 512 to 1000 and its biases (torchvision's documentation of resnet18)."""
    net = ResidualNet(3, widths=[64, 128, 256, 512], blocks=2, norm="batch", stem="large")
    assert sum(p.numel() for p in net.parameters() if p.requires_grad) == 11_689_512 - 513 * 1000
    shapes = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    assert shapes["conv1.weight"] == (64, 3, 7, 7) and shapes["bn1.running_mean"] == (64,)
    assert shapes["layer2.0.downsample.0.weight"] == (128, 64, 1, 1) and "layer1.0.downsample.0.weight" not in shapes
    assert shapes["layer4.1.conv2.weight"] == (512, 512, 3, 3) and shapes["layer3.0.bn2.running_var"] == (256,)
    assert len(shapes) == 100, "torchvision's 120 and the counters of batches, which nothing reads"
    assert net.grid(224, 224) == (7, 7)


@pytest.mark.parametrize("stem", ["small", "large"])
@pytest.mark.parametrize("widths", [[8], [8, 16], [16, 8, 24]])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (9, 8), (17, 30)])
def test_the_grid_is_what_comes_out(stem: Stem, widths: list[int], height: int, width: int) -> None:
    net = ResidualNet(2, widths=widths, blocks=1, stem=stem).double()
    assert net(pictures(2, 2, height, width)).shape == (2, widths[-1], *net.grid(height, width))


@pytest.mark.parametrize("norm", ["group", "batch"])
def test_afterwards_a_picture_does_not_see_the_others(norm: Norm) -> None:
    torch.manual_seed(0)
    net = ResidualNet(3, widths=[8, 16], norm=norm).double()
    x = pictures(5, 3, 12, 10)
    if norm == "batch":
        before = {name: value.clone() for name, value in net.named_parameters() if "running" in name}
        net(x)
        assert all(not torch.equal(value, before[name]) for name, value in net.named_parameters() if name in before)
    net.eval()
    torch.testing.assert_close(net(x)[1:2], net(x[1:2]))
    torch.testing.assert_close(net(x.flip(0)), net(x).flip(0))


def test_group_norm_needs_no_batch_in_training_either() -> None:
    torch.manual_seed(0)
    net = ResidualNet(3, widths=[8, 32]).double().train()
    x = pictures(4, 3, 6, 6)
    torch.testing.assert_close(net(x)[2:3], net(x[2:3]))
    assert net(x[:0]).shape == (0, 32, 3, 3)


@pytest.mark.parametrize("norm", ["group", "batch"])
@pytest.mark.parametrize("stem", ["small", "large"])
def test_every_parameter_learns(norm: Norm, stem: Stem) -> None:
    torch.manual_seed(0)
    net = ResidualNet(1, widths=[8, 16], blocks=2, norm=norm, stem=stem).double()
    x = pictures(3, 1, 16, 16)
    net(x).square().sum().backward()
    assert [name for name, p in net.named_parameters() if p.requires_grad and not p.grad.any()] == []


@pytest.mark.parametrize("widths", [[], [12], [0], [16, 20]])
def test_widths_that_do_not_divide(widths: list[int]) -> None:
    with pytest.raises(InputError, match="each a multiple of 8"):
        ResidualNet(1, widths=widths)


def test_no_block_at_all() -> None:
    with pytest.raises(InputError, match="blocks=0 cannot be used"):
        ResidualNet(1, blocks=0)


@pytest.mark.parametrize("size", [7, 64])
def test_the_way_round_is_a_strided_convolution(size: int) -> None:
    way = Shortcut(8, 16, 1, 2, bias=False)
    x = torch.randn(2, size, size, 8, generator=torch.Generator().manual_seed(1)).permute(0, 3, 1, 2)  # channels last
    x = x.requires_grad_()
    made = way(x)
    torch.testing.assert_close(made, conv2d(x.contiguous(), way.weight, stride=2))
    made.sum().backward()  # PyTorch's own writes beyond its memory here, and ends the process
    assert x.grad is not None and torch.equal(x.grad[:, :, 1::2], torch.zeros_like(x.grad[:, :, 1::2]))
    torch.testing.assert_close(x.grad[:, :, ::2, ::2], way.weight.sum(0)[None].expand(2, 8, *made.shape[2:]))
