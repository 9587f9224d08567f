"""The contract of a decoder."""

from torch import Tensor, nn

from seqloom.memory import Memory
from seqloom.state import State


class Decoder(nn.Module):
    """Turns what has been written so far into a hidden vector for each next symbol.

    carries  whether the State may flow on from one window of a long text to the next (recurrent, without a source:
             yes; attention starts each window empty)
    span     the longest sequence it can place, None where there is no limit
    """

    carries: bool
    span: int | None = None
    output_size: int

    def prepare(self, memory: Memory) -> State:
        """Return what its readers make of a Memory once a sentence; it stands in `memory.keys["decoder"]`."""
        return {}

    def forward(
        self, x: Tensor, mask: Tensor | None, state: State | None = None, memory: Memory | None = None
    ) -> tuple[Tensor, State]:
        """Run x [batch, time, input] -> hidden [batch, time, size] and the State after it; None starts afresh."""
        raise TypeError(f"{type(self).__name__} has no forward")

    def keys(self, memory: Memory) -> State:
        """Return the prepared keys, made now where nobody has."""
        found: State = memory.keys["decoder"] if "decoder" in memory.keys else self.prepare(memory)
        return found
