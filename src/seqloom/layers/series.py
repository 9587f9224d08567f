"""A series of numbers as vectors: step by step, or several steps as one patch (PatchTST: Nie et al. 2023,
arXiv:2211.14730, section 3.1).

A row of n steps has ceil(max(n - patch, 0) / stride) + 1 patches, one from every `stride` steps, so that every step is
in one (if the stride is no longer than the patch). Where the last reaches past the row's end it repeats the row's last
step, as the paper does; it adds a patch more of those even where none is needed, which is left out here.
"""

from math import ceil

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.errors import InputError
from seqloom.layers.embedding import Input


class SeriesInput(Input):
    """A matrix from steps, or from patches, to vectors: x [batch, time, features] -> [batch, steps, size].

    patch   steps that are read as one, None: each by itself
    stride  steps from one patch to the next, None: patches that touch
    """

    def __init__(
        self, features: int, size: int, drop: float = 0.0, *, patch: int | None = None, stride: int | None = None
    ) -> None:
        super().__init__()
        if stride is not None and patch is None:
            raise InputError(f"series.stride={stride} is the way from one patch to the next: give series.patch too.")
        self.size, self.drop = size, drop
        self.patch, self.stride = patch or 1, stride or patch or 1
        if self.stride > self.patch:
            raise InputError(
                f"series.stride={self.stride} is longer than series.patch={self.patch}: steps between patches would "
                "never be read."
            )
        self.causal = self.patch == 1
        self.matrix = nn.Linear(features * self.patch, size)
        nn.init.xavier_uniform_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def filled(self, values: Tensor, mask: Tensor) -> Tensor:
        """Put each row's last step behind its end, as far as a patch may reach: [batch, time + more, features]."""
        if self.patch == 1 or not values.shape[1]:
            return values
        more = (self.count(values.shape[1]) - 1) * self.stride + self.patch - values.shape[1]
        places = torch.arange(values.shape[1] + max(more, 0), device=values.device)
        last = (mask.sum(1, keepdim=True) - 1).clamp(min=0)
        index = torch.minimum(places, last).unsqueeze(-1).expand(-1, -1, values.shape[2])
        return values.gather(1, index)

    def forward(self, x: Tensor) -> Tensor:
        """Project each step, or each patch of what `filled` gave."""
        if self.patch > 1:
            if not x.shape[1]:
                return x.new_zeros(x.shape[0], 0, self.size)
            x = x.unfold(1, self.patch, self.stride).transpose(2, 3).flatten(2)  # [batch, steps, patch * features]
        return dropout(self.matrix(x), self.drop, self.training)

    def steps(self, mask: Tensor) -> Tensor:
        """Turn the mask of steps [batch, time] into that of patches."""
        if self.patch == 1:
            return mask
        lengths = mask.sum(1, keepdim=True)
        counts = torch.where(lengths > 0, self._more(lengths) + 1, 0)
        return torch.arange(self.count(mask.shape[1]), device=mask.device) < counts

    def count(self, time: int) -> int:
        """Return how many vectors a row of so many steps gives."""
        return ceil(max(time - self.patch, 0) / self.stride) + 1 if time else 0

    def _more(self, lengths: Tensor) -> Tensor:
        return ((lengths - self.patch).clamp(min=0) + self.stride - 1) // self.stride
