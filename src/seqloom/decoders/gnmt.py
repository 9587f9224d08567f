"""Reading from the bottom layer, for all layers (Wu et al. 2016, arXiv:1609.08144, section 3).

    c_t = read(h^1_{t-1})                           the bottom layer's last hidden state asks
    h^1_t = cell^1([x_t; c_t], h^1_{t-1})
    h^l_t = cell^l([h^{l-1}_t; c_t], h^l_{t-1})     for every layer above, with the residual connections of the stack

Only the bottom layer waits for its own steps; those above run as scans once its steps are done.
"""

import torch
from torch import Tensor

from seqloom.bridges.bridge import Bridge
from seqloom.decoders.fused import loopable, read_before
from seqloom.decoders.wiring import Wiring, made
from seqloom.layers.stack import Noise, RecurrentStack
from seqloom.memory import Memory
from seqloom.state import State


class GNMT(Wiring):
    """Read with the bottom layer's last hidden state, and give the context to every layer."""

    def __init__(self, input_size: int, size: int, bridge: Bridge) -> None:
        super().__init__()
        self.reader, self._size = made(bridge, size, "gnmt"), size
        self.aside = self.reader.output_size
        self.input_size = input_size + self.aside
        self.found_size = size + self.aside

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
        """Run one step of the bottom layer: -> [h^1; c]."""
        below: Tensor = state["stack"]["0"]["forwards"]["h"]
        context, remembered = self.read(below, keys, memory, state, mask)
        h, after = stack.step(torch.cat([x, context.to(x.dtype)], -1), state["stack"], noise, below=1)
        return torch.cat([h, context.to(h.dtype)], -1), {"stack": {**state["stack"], **after}, "reader": remembered}

    def scan(
        self, stack: RecurrentStack, x: Tensor, mask: Tensor | None, state: State, keys: State, memory: Memory
    ) -> tuple[Tensor, State] | None:
        """Run all steps of the bottom layer at once where the context is the same whatever is asked, or as a native
        loop."""
        if self.reader.asks:
            looped = loopable(stack, self.reader, x, memory, below=1)
            if looped is None:
                return None
            h, context, bottom = read_before(looped, stack, x, mask, state["stack"], keys, memory)
            after = {**state["stack"], **bottom}
            return torch.cat([h, context.to(h.dtype)], -1), {"stack": after, "reader": state["reader"]}
        context, remembered = self.reader(x, keys, memory, state["reader"], mask)
        context = context.to(x.dtype)
        h, after = stack(torch.cat([x, context], -1), mask, state["stack"], below=1)
        return torch.cat([h, context], -1), {"stack": {**state["stack"], **after}, "reader": remembered}

    def finish(self, stack: RecurrentStack, found: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Run the layers above."""
        h, context = found[..., : self._size], found[..., self._size :]
        hidden, after = stack(h, mask, state["stack"], aside=context, above=1)
        return hidden, {**state, "stack": {**state["stack"], **after}}
