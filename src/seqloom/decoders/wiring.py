"""The contract of a wiring: when a recurrent decoder reads, and where the context goes.

A wiring owns the reader. Its file is its paper: bahdanau (before the cell), luong (after it), gnmt (from the bottom
layer, for all). Everything about cells, depth, dropout and start State is the decoder's.
"""

from torch import Tensor, nn

from seqloom.bridges.bridge import Bridge
from seqloom.errors import InputError
from seqloom.layers.reader import Reader
from seqloom.layers.stack import Noise, RecurrentStack
from seqloom.memory import Memory
from seqloom.state import State


class Wiring(nn.Module):
    """input_size  what the bottom layer reads
    aside        what every layer above it reads beside the outputs below
    found_size   width of what `advance` finds at each step, of which `finish` makes the hidden vector
    """

    input_size: int
    aside = 0
    found_size: int
    reader: Reader

    def start(self, x: Tensor, memory: Memory) -> State:
        """Return what the wiring itself carries from step to step, for x [batch, ...]."""
        return {"reader": self.reader.start(memory)}

    def advance(
        self,
        stack: RecurrentStack,
        x: Tensor,
        state: State,
        keys: State,
        memory: Memory,
        mask: Tensor | None,
        noise: Noise,
    ) -> tuple[Tensor, State]:
        """Run one step: x [batch, input] -> what was found [batch, found], and the next State."""
        raise TypeError(f"{type(self).__name__} has no advance")

    def scan(
        self, stack: RecurrentStack, x: Tensor, mask: Tensor | None, state: State, keys: State, memory: Memory
    ) -> tuple[Tensor, State] | None:
        """Run all steps at once: x [batch, time, input] -> what was found [batch, time, found]; None where steps wait
        for each other."""
        return None

    def finish(self, stack: RecurrentStack, found: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Turn what was found at all steps into hidden [batch, time, size]; the State is the one after them."""
        return found, state

    def read(
        self, query: Tensor, keys: State, memory: Memory, state: State, mask: Tensor | None
    ) -> tuple[Tensor, State]:
        """Read with the query of one step: [batch, size] -> context [batch, width], and what is remembered."""
        context, remembered = self.reader(query.unsqueeze(1), keys, memory, state["reader"], mask)
        return context.squeeze(1).to(query.dtype), remembered


def made(bridge: Bridge, query_size: int, wiring: str) -> Reader:
    """Make the reader of a wiring. Raises InputError where the bridge has nothing to read."""
    if not bridge.reads:
        raise InputError(
            f"decoder.wiring={wiring} says where a bridge is read at each step, and here there is nothing to read: use "
            "bridge: {kind: attention} or {kind: context, to: steps}, or leave the wiring out."
        )
    return bridge.reader(query_size)


def glorot(linear: nn.Linear) -> nn.Linear:
    """Start a layer with Glorot uniform weights and zero biases."""
    nn.init.xavier_uniform_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
