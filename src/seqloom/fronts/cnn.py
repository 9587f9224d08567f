"""A picture as a grid of places, made by a residual network: what captions attend to (Xu et al. 2015,
arXiv:1502.03044, section 3.1.1: annotation vectors), and whose mean is the network's own summary (He et al. 2016)."""

from collections.abc import Mapping
from typing import Self

from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.errors import InputError
from seqloom.fronts.front import Front
from seqloom.layers.pretrained import take_weights
from seqloom.layers.resnet import WIDTHS, Norm, ResidualNet, Stem
from seqloom.table import Count


class CNN(Front):
    """A residual network, then a matrix from what it makes of each place to a vector; places row by row from the top.

    The features of a place are first normalised together (Ba et al. 2016, arXiv:1607.06450): with it a network that
    normalises by group learns nearly as fast as one that does by batch.

    widths   channels of each stage, multiples of 8; each stage but the first halves height and width
    blocks   residual blocks of each stage
    norm     "group": each picture by itself; "batch": over the batch in training
    stem     how it begins; "small": 3 x 3 at full size; "large": 7 x 7 and a maximum, at a quarter (ResNet-18)
    weights  a safetensors file of a network of these sizes, to start from; names as torchvision and timm have them
    freeze   the network keeps the weights it has; what follows it learns
    """

    reads = ("image",)
    causal = False

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
        weights: str | None = None,
        freeze: bool = False,
    ) -> None:
        """`dims` are (height, width, channels). Raises InputError for widths that cannot be, and for freezing what
        nobody has trained."""
        super().__init__()
        if freeze and weights is None:
            raise InputError("source.front.freeze keeps weights that were never trained: name a file as front.weights.")
        height, width, channels = dims
        self.size, self.drop, self.frozen = size, drop, freeze
        self.net = ResidualNet(channels, widths=widths, blocks=blocks, norm=norm, stem=stem)
        if freeze:
            self.net.requires_grad_(False)
        self.grid = self.net.grid(height, width)
        self.norm = nn.LayerNorm(self.net.output_size)
        self.matrix = nn.Linear(self.net.output_size, size)
        nn.init.xavier_uniform_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def forward(self, values: Tensor) -> Tensor:
        """Turn pictures [batch, height, width, channels] into [batch, places, size]."""
        features = self.net(values.permute(0, 3, 1, 2))  # [batch, channels, rows, columns]
        places = self.norm(features.flatten(2).transpose(1, 2))  # [batch, places, channels]
        return dropout(self.matrix(places), self.drop, self.training)

    def steps(self, mask: Tensor) -> Tensor:
        """Turn the mask of rows [batch, height] into that of places; a picture is there as a whole."""
        return mask.any(1, keepdim=True).expand(-1, self.grid[0] * self.grid[1])

    def count(self, time: int) -> int:
        """Return the places of a picture, however many rows it has."""
        return self.grid[0] * self.grid[1]

    def take(self, weights: Mapping[str, Tensor]) -> list[str]:
        """Start from the weights of a file, and say what did not match. Raises InputError for other sizes."""
        return take_weights(self.net, weights)

    def train(self, mode: bool = True) -> Self:
        """Set the mode; running statistics of a frozen network stay."""
        super().train(mode)
        self.net.train(mode and not self.frozen)
        return self
