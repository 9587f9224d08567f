"""A picture as a sequence of its rows, from the top: 28 steps of 28 numbers, the course's first recurrent network."""

from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.fronts.front import Front


class Rows(Front):
    """A matrix from each row of pixels to a vector."""

    reads = ("image",)

    def __init__(self, dims: tuple[int, ...], size: int, drop: float = 0.0) -> None:
        """`dims` are (height, width, channels)."""
        super().__init__()
        _, width, channels = dims
        self.size, self.drop = size, drop
        self.matrix = nn.Linear(width * channels, size)
        nn.init.xavier_uniform_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def forward(self, values: Tensor) -> Tensor:
        """Turn pictures [batch, height, width, channels] into [batch, height, size]."""
        return dropout(self.matrix(values.flatten(2)), self.drop, self.training)
