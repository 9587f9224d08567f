"""The contract of a reader: what a decoder looks at a Memory through, at each step. Bridges make them."""

from torch import Tensor, nn

from seqloom.kernels.attend import Score
from seqloom.memory import Memory
from seqloom.state import State


class Reader(nn.Module):
    """Looks at a Memory with a query and answers with a context vector.

    output_size  width of the context
    asks         False where the answer is the same whatever the query, so that no step has to wait for it
    remembers    True where what was read before bears on what is read next (coverage, location), so that queries must
                 come one after the other
    projects     True where the context is already projected for its reader's use (multi-head attention)
    """

    output_size: int
    asks = True
    remembers = False
    projects = False

    def prepare(self, memory: Memory) -> State:
        """Return what is made of the Memory once a sentence."""
        return {}

    def start(self, memory: Memory) -> State:
        """Return what is remembered before the first query."""
        return {}

    def fused(self) -> Score | None:
        """Return how it looks, where a native loop may look in its place, and None where only `forward` knows."""
        return None

    def forward(
        self, query: Tensor, keys: State, memory: Memory, state: State, mask: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Read: query [batch, target, size] -> context [batch, target, output_size], and what is remembered.

        `mask` [batch, target] tells which queries are data, for whoever watches.
        """
        raise TypeError(f"{type(self).__name__} has no forward")
