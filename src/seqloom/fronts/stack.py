"""A recording as a sequence of its frames, several of them stacked into one step (Sak et al. 2015, arXiv:1507.06947,
section 3.1: low frame rates)."""

from math import ceil

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.fronts.front import Front
from seqloom.table import Count


class Stack(Front):
    """A matrix from `frames` frames that stand side by side to a vector; stacks touch, and none is read twice.

    Frames that are missing from the last stack count as 0.
    """

    reads = ("audio",)

    def __init__(self, dims: tuple[int, ...], size: int, drop: float = 0.0, *, frames: Count = 1) -> None:
        """`dims` are (bands,)."""
        super().__init__()
        self.size, self.drop, self.frames = size, drop, frames
        self.causal = frames == 1
        self.matrix = nn.Linear(dims[0] * frames, size)
        nn.init.xavier_uniform_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def filled(self, values: Tensor, mask: Tensor) -> Tensor:
        """Put 0 behind each row's end: [batch, steps * frames, bands]."""
        more = self.count(values.shape[1]) * self.frames - values.shape[1]
        kept = values.masked_fill(~mask.unsqueeze(-1), 0)
        return torch.nn.functional.pad(kept, (0, 0, 0, more)) if more else kept

    def forward(self, values: Tensor) -> Tensor:
        """Turn what `filled` gave into [batch, steps, size]."""
        stacked = (
            values.unflatten(1, (-1, self.frames)).flatten(2)
            if values.shape[1]
            else values.new_zeros(values.shape[0], 0, values.shape[2] * self.frames)
        )
        return dropout(self.matrix(stacked), self.drop, self.training)

    def steps(self, mask: Tensor) -> Tensor:
        """Turn the mask of frames [batch, frames] into that of stacks."""
        counts = (mask.sum(1, keepdim=True) + self.frames - 1) // self.frames
        return torch.arange(self.count(mask.shape[1]), device=mask.device) < counts

    def count(self, time: int) -> int:
        """Return the stacks of so many frames."""
        return ceil(time / self.frames)
