"""A residual network for pictures (He et al. 2016, arXiv:1512.03385), small by default.

A block adds what two convolutions make of its input to that input: y = relu(x + F(x)), equation 1; where the width or
the size changes, a 1 x 1 convolution brings x to it: y = relu(W x + F(x)), equation 2. Each stage but the first
halves height and width. The names of the parameters are those of torchvision's and timm's resnets, so that weights
saved by them can be loaded: widths 64, 128, 256 and 512, two blocks, `stem: large` and `norm: batch` are ResNet-18.

Two departures, for pictures of 28 to 100 pixels and small batches: `stem: small` is one 3 x 3 convolution that keeps
the size, as in the paper's section 4.2 (CIFAR-10), and `norm: group` normalises each picture by itself (Wu & He 2018,
arXiv:1803.08494, 16 channels a group, their table 3). Batch norm sees its whole batch in training: leave padding out.
"""

from collections import OrderedDict
from collections.abc import Sequence
from math import ceil, gcd
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import conv2d, max_pool2d

from seqloom.errors import InputError
from seqloom.layers.batch_norm import BatchNorm

Norm = Literal["group", "batch"]
Stem = Literal["small", "large"]
GROUP = 16
"""Channels that group norm takes together; of a width that 16 does not divide, 8."""
WIDTHS = (16, 32, 64)
"""Channels of each stage unless told otherwise: the paper's for pictures of 32 pixels."""


class ResidualNet(nn.Module):
    """Pictures x [n, channels, height, width] -> features [n, output_size, rows, columns]; see `grid`.

    widths  channels of each stage, multiples of 8; each stage but the first halves height and width
    blocks  residual blocks in each stage
    norm    "group": by picture; "batch": over the batch in training, by running statistics afterwards
    stem    "small": 3 x 3, keeps the size; "large": 7 x 7 and a maximum over 3 x 3, a quarter of the size
    """

    def __init__(
        self,
        channels_in: int,
        *,
        widths: Sequence[int] = WIDTHS,
        blocks: int = 1,
        norm: Norm = "group",
        stem: Stem = "small",
    ) -> None:
        super().__init__()
        if not widths or any(width < 8 or width % 8 for width in widths):
            raise InputError(
                f"widths={list(widths)} cannot be used: one number of channels a stage, each a multiple of 8, such as "
                f"{list(WIDTHS)}."
            )
        if blocks < 1:
            raise InputError(f"blocks={blocks} cannot be used: a stage has 1 residual block or more.")
        large = stem == "large"
        self.conv1 = nn.Conv2d(
            channels_in, widths[0], 7 if large else 3, 2 if large else 1, 3 if large else 1, bias=False
        )
        self.bn1 = _norm(norm, widths[0])
        self.pooled = large
        self.stages: list[str] = []
        before = widths[0]
        for number, width in enumerate(widths, 1):
            made = []
            for block in range(blocks):
                made.append(Block(before, width, 2 if number > 1 and block == 0 else 1, norm))
                before = width
            self.stages.append(f"layer{number}")
            self.add_module(self.stages[-1], nn.Sequential(*made))
        self.output_size = before
        self.shrinks = len(widths) - 1 + 2 * large
        """How many times height and width are halved."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Turn pictures [n, channels, height, width] into features [n, output_size, rows, columns]."""
        x = self.bn1(self.conv1(x)).relu()
        if self.pooled:
            x = max_pool2d(x, 3, 2, 1)
        for name in self.stages:
            x = self.get_submodule(name)(x)
        return x

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Return how many rows and columns of features a picture of that size gives: halves, rounded up."""
        return ceil(height / 2**self.shrinks), ceil(width / 2**self.shrinks)


class Block(nn.Module):
    """Two 3 x 3 convolutions and the way round them: relu(shortcut(x) + F(x)); the first one may halve the size."""

    def __init__(self, before: int, width: int, stride: int, norm: Norm) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = _norm(norm, width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = _norm(norm, width)
        self.downsample: nn.Module | None = None
        if stride > 1 or before != width:
            change = OrderedDict([("0", Shortcut(before, width, 1, stride, bias=False)), ("1", _norm(norm, width))])
            self.downsample = nn.Sequential(change)

    def forward(self, x: Tensor) -> Tensor:
        """Turn x [n, before, height, width] into [n, width, height / stride, width / stride]."""
        made = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return ((x if self.downsample is None else self.downsample(x)) + made).relu()


class Shortcut(nn.Conv2d):
    """A 1 x 1 convolution of every stride-th place: the same numbers as nn.Conv2d, with its weight.

    The places are picked first: on a CPU the gradient of PyTorch 2.13's strided 1 x 1 convolution of 8 channels writes
    beyond its memory where channels lie last (64 x 64 places), which ends the process.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Turn x [n, before, height, width] into [n, width, height / stride, width / stride], rounded up."""
        down, across = self.stride
        return conv2d(x[:, :, ::down, ::across].contiguous(), self.weight)


def _norm(kind: Norm, width: int) -> nn.Module:
    return BatchNorm(width) if kind == "batch" else nn.GroupNorm(width // gcd(width, GROUP), width)
