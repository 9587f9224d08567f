"""Several inputs as one vector, the product of their summaries (Antol et al. 2015, arXiv:1505.00468, section 4).

summary = tanh(P_1 s_1) * tanh(P_2 s_2) * ...        element by element
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from seqloom.encoders.fuse import Fuse, projections
from seqloom.memory import Memory
from seqloom.table import Count


class FuseMultiply(Fuse):
    """One place, the product, of width `size` (1024 in the paper); nothing else of any input is left to be seen."""

    def __init__(self, widths: Mapping[str, int], *, size: Count = 256) -> None:
        super().__init__()
        self.output_size = size
        self.project = projections(widths, size)

    def forward(self, memories: Mapping[str, Memory]) -> Memory:
        """Multiply the summaries: outputs [batch, 1, size]."""
        told: list[Tensor] = [self.project[name](memory.summary).tanh() for name, memory in memories.items()]
        product = torch.stack(told).prod(0)  # [batch, size]
        here = torch.ones(len(product), 1, dtype=torch.bool, device=product.device)
        return Memory(product.unsqueeze(1), here, product)
