"""A picture as a sequence of its pixels, row by row: 784 steps of one number (Le et al. 2015, arXiv:1504.00941)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.fronts.front import Front


class Pixels(Front):
    """A matrix from each pixel to a vector.

    permute  a seed: the pixels of every picture come in one and the same shuffled order, so that what was near is far;
             None: as they stand
    """

    reads = ("image",)

    def __init__(self, dims: tuple[int, ...], size: int, drop: float = 0.0, *, permute: int | None = None) -> None:
        """`dims` are (height, width, channels)."""
        super().__init__()
        height, self.width, channels = dims
        self.size, self.drop, self.causal = size, drop, permute is None
        self.matrix = nn.Linear(channels, size)
        nn.init.xavier_uniform_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)
        self.order: Tensor | None
        order = None
        if permute is not None:
            order = torch.randperm(height * self.width, generator=torch.Generator().manual_seed(permute))
        self.register_buffer("order", order, persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """Turn pictures [batch, height, width, channels] into [batch, height * width, size]."""
        flat = values.flatten(1, 2)
        if self.order is not None:
            flat = flat[:, self.order]
        return dropout(self.matrix(flat), self.drop, self.training)

    def steps(self, mask: Tensor) -> Tensor:
        """Turn the mask of rows [batch, height] into that of pixels."""
        return mask.repeat_interleave(self.width, 1)

    def count(self, time: int) -> int:
        """Return the pixels of so many rows."""
        return time * self.width
