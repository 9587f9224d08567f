"""The contract of an encoder."""

from torch import Tensor, nn

from seqloom.errors import InputError
from seqloom.memory import Layout, Memory
from seqloom.state import State


class Encoder(nn.Module):
    """Reads a sequence and leaves a Memory.

    `causal` says that a later step never changes an earlier output, so that the sequence may come in pieces: the
    State of one piece goes into the next. The others refuse a State. `final` is the layout of the State it ends
    with, for a decoder that starts from a copy of it; None where there is none in one direction.
    """

    causal: bool
    output_size: int
    final: Layout | None = None

    def forward(self, x: Tensor, mask: Tensor, state: State | None = None) -> tuple[Memory, State]:
        """Read x [batch, time, input] under mask [batch, time]."""
        raise TypeError(f"{type(self).__name__} has no forward")

    def count(self, steps: int) -> int:
        """Return how many steps a Memory has of so many that were read."""
        return steps

    def refuse_state(self, state: State | None, why: str) -> None:
        """Raise InputError if a State came to an encoder that must see the whole sequence."""
        if state is not None:
            raise InputError(f"this encoder cannot go on from a State: {why}. Use a causal encoder for streaming.")
