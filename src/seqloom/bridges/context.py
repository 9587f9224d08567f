"""The fixed context vector: all that a decoder ever learns of its source, whatever the length of that.

    c = tanh(W s)       s the encoder's summary; with `size` None, c = s

Given to the start State alone (Sutskever et al. 2014, arXiv:1409.3215) or to every step as well (Cho et al. 2014,
arXiv:1406.1078). This is the bottleneck that attention was invented to remove.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.bridges.bridge import Bridge, Seen
from seqloom.layers.reader import Reader
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count


class Context(Bridge):
    """One vector a sentence, of width `size` (256 to 1024 is usual; None: the summary as it is), given `to` the start
    or to every step."""

    def __init__(self, seen: Seen, *, size: Count | None = None, to: Literal["start", "steps"] = "steps") -> None:
        super().__init__()
        self.reads = to == "steps"
        self.squeeze: nn.Linear | None = None
        width = seen.summary
        if size is not None:
            self.squeeze, width = nn.Linear(seen.summary, size), size
            nn.init.xavier_uniform_(self.squeeze.weight)
            nn.init.zeros_(self.squeeze.bias)
        # A projected context is all there is; unprojected, the encoder's last State is the vector, layer by layer.
        self.seen = Seen(width, width, seen.final if size is None else None)

    def view(self, memory: Memory) -> Memory:
        """Return a Memory of one place, which holds the context vector."""
        context = memory.summary if self.squeeze is None else self.squeeze(memory.summary).tanh()
        here = torch.ones(context.shape[0], 1, dtype=torch.bool, device=context.device)
        final = memory.final if self.squeeze is None else None
        return Memory(context.unsqueeze(1), here, context, final, scale=memory.scale, known=memory.known)

    def reader(self, query_size: int) -> Reader:
        """Return a reader that gives the context to every step."""
        return _Given(self.seen.size)


class _Given(Reader):
    """Gives the context vector to every query alike."""

    asks = False

    def __init__(self, size: int) -> None:
        super().__init__()
        self.output_size = size

    def forward(
        self, query: Tensor, keys: State, memory: Memory, state: State, mask: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Return the context [batch, target, size]."""
        return memory.summary.unsqueeze(1).expand(-1, query.shape[1], -1), state
