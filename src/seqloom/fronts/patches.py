"""A picture as a sequence of square patches (Vision Transformer: Dosovitskiy et al. 2021, arXiv:2010.11929, eq. 1)."""

from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.errors import InputError
from seqloom.fronts.front import Front
from seqloom.table import Count


class Patches(Front):
    """A matrix from each patch of `patch` by `patch` pixels to a vector, the patches row by row from the top left."""

    reads = ("image",)
    causal = False

    def __init__(self, dims: tuple[int, ...], size: int, drop: float = 0.0, *, patch: Count = 4) -> None:
        """`dims` are (height, width, channels). Raises InputError where patches would leave pixels over."""
        super().__init__()
        height, width, channels = dims
        if height % patch or width % patch:
            raise InputError(
                f"source.front.patch={patch} does not divide pictures of {height} x {width}: take a divisor of both, "
                "or another image.height and image.width."
            )
        self.size, self.drop, self.patch = size, drop, patch
        self.grid = height // patch, width // patch
        self.matrix = nn.Linear(patch * patch * channels, size)
        nn.init.xavier_uniform_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def forward(self, values: Tensor) -> Tensor:
        """Turn pictures [batch, height, width, channels] into [batch, patches, size]."""
        down, across = self.grid
        tiles = values.unflatten(2, (across, self.patch)).unflatten(1, (down, self.patch))
        tiles = tiles.transpose(2, 3).flatten(3).flatten(1, 2)  # [batch, patches, patch * patch * channels]
        return dropout(self.matrix(tiles), self.drop, self.training)

    def steps(self, mask: Tensor) -> Tensor:
        """Turn the mask of rows [batch, height] into that of patches."""
        return mask[:, :: self.patch].repeat_interleave(self.grid[1], 1)

    def count(self, time: int) -> int:
        """Return the patches of so many rows."""
        return time // self.patch * self.grid[1]
