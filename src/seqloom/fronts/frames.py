"""A film as a step a frame: one residual network for every frame, as in LRCN (Donahue et al. 2015, arXiv:1411.4389,
section 3: a CNN turns each x_t into phi_V(x_t), and what follows reads those in order).

There the network is CaffeNet and a frame's vector its layer fc6, which still knows where in the frame something was.
Here the grid of features is averaged to at most `places` by `places` cells, and one matrix reads them all: a mean over
the whole frame (`places: 1`, He et al. 2016) would forget where a shape is, and so that it moves.
"""

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, dropout

from seqloom.errors import InputError
from seqloom.fronts.front import Front
from seqloom.layers.pretrained import take_weights
from seqloom.layers.resnet import Norm, ResidualNet, Stem
from seqloom.table import Count

WIDTHS = (8, 16, 32, 64)
"""Channels of each stage unless told otherwise: fewer than a picture's, for there are many frames."""


class Frames(Front):
    """A residual network on each frame, then a matrix from the cells of its grid to a vector.

    The frames of a whole batch go through the network at once, those of padding not at all. The features of a frame are
    first normalised together (Ba et al. 2016, arXiv:1607.06450), as those of a place of a picture are.

    widths   channels of each stage, multiples of 8; each stage but the first halves height and width
    blocks   residual blocks of each stage
    norm     "group": each frame by itself; "batch": over all frames of the batch in training
    stem     how it begins; "small": 3 x 3 at full size; "large": 7 x 7 and a maximum, at a quarter (ResNet-18)
    places   cells a side that a frame is averaged to; 1: its mean alone, 0: every place of the grid
    weights  a safetensors file of a network of these sizes, to start from; names as torchvision and timm have them
    freeze   the network keeps the weights it has; the matrix alone learns
    """

    reads = ("video",)

    def __init__(
        self,
        dims: tuple[int, ...],
        size: int,
        drop: float = 0.0,
        *,
        widths: tuple[int, ...] = WIDTHS,
        blocks: Count = 1,
        norm: Norm = "group",
        stem: Stem = "small",
        places: int = 4,
        weights: str | None = None,
        freeze: bool = False,
    ) -> None:
        """`dims` are (height, width, channels). Raises InputError for widths and places that cannot be, and for
        freezing what nobody has trained."""
        super().__init__()
        if freeze and weights is None:
            raise InputError("source.front.freeze keeps weights that were never trained: name a file as front.weights.")
        if places < 0:
            raise InputError(f"source.front.places={places} cannot be used: a number of cells a side, or 0 for all.")
        height, width, channels = dims
        self.size, self.drop, self.frozen = size, drop, freeze
        self.net = ResidualNet(channels, widths=widths, blocks=blocks, norm=norm, stem=stem)
        if freeze:
            self.net.requires_grad_(False)
        rows, columns = self.net.grid(height, width)
        self.cells = (min(rows, places or rows), min(columns, places or columns))
        read = self.net.output_size * self.cells[0] * self.cells[1]
        self.norm = nn.LayerNorm(read)
        self.matrix = nn.Linear(read, size)
        nn.init.xavier_uniform_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def filled(self, values: Tensor, mask: Tensor) -> Tensor:
        """Mark the frames of padding as no numbers, so that `forward` leaves them out."""
        return values.masked_fill(~mask[:, :, None, None, None], torch.nan)

    def forward(self, values: Tensor) -> Tensor:
        """Turn films [batch, frames, height, width, channels] into [batch, frames, size]; padding gives zeros."""
        there = ~values[:, :, 0, 0, 0].isnan()  # [batch, frames]
        features = self.net(values[there].permute(0, 3, 1, 2))  # [frames of all, channels, rows, columns]
        read = self.matrix(self.norm(adaptive_avg_pool2d(features, self.cells).flatten(1)))  # [frames of all, size]
        vectors = read.new_zeros(*there.shape, self.size)
        vectors[there] = dropout(read, self.drop, self.training)
        return vectors

    def take(self, weights: Mapping[str, Tensor]) -> list[str]:
        """Start from the weights of a file, and say what did not match. Raises InputError for other sizes."""
        return take_weights(self.net, weights)

    def train(self, mode: bool = True) -> Self:
        """Set the mode; running statistics of a frozen network stay."""
        super().train(mode)
        self.net.train(mode and not self.frozen)
        return self
