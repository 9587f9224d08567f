"""Several inputs side by side: whoever looks at the Memory looks at the steps of all of them.

outputs = [P_1 o_1 ; P_2 o_2 ; ...]        along the source axis, each input in a slice of its own
summary = tanh(P_1 s_1 + P_2 s_2 + ...)    one matrix over all the summaries joined to one vector, as in the
                                           baselines of visual question answering (Zhou et al. 2015, arXiv:1512.02167)
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from seqloom.encoders.fuse import Fuse, hide, projections
from seqloom.memory import Memory
from seqloom.table import Count


class FuseConcat(Fuse):
    """Inputs of any width, brought to `size`."""

    def __init__(self, widths: Mapping[str, int], *, size: Count = 256) -> None:
        super().__init__()
        self.output_size = size
        self.project = projections(widths, size)

    def forward(self, memories: Mapping[str, Memory]) -> Memory:
        """Join along the source axis: outputs [batch, sum of sources, size]."""
        each = [hide(self.project[name](memory.outputs), memory.mask) for name, memory in memories.items()]
        told: list[Tensor] = [self.project[name](memory.summary) for name, memory in memories.items()]
        parts, at = {}, 0
        for name, outputs in zip(memories, each, strict=True):
            parts[name] = slice(at, at + outputs.shape[1])
            at += outputs.shape[1]
        mask = torch.cat([memory.mask for memory in memories.values()], 1)
        return Memory(torch.cat(each, 1), mask, torch.stack(told).sum(0).tanh(), parts=parts)
