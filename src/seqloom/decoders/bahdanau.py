"""Reading before the cell (Bahdanau et al. 2015, arXiv:1409.0473, appendix A.2.2).

    c_t = read(h_{t-1})                     the top layer's hidden state asks
    h_t = cell([x_t; c_t], h_{t-1})
    o_t = tanh(W [h_t; x_t; c_t])           the paper has a maxout layer here, and h_{t-1} for h_t

With a context vector for every step there is nothing to ask: that is the decoder of Cho et al. 2014
(arXiv:1406.1078), whose output sees state, word and context too, and it runs as a scan.
"""

import torch
from torch import Tensor

from seqloom.bridges.bridge import Bridge
from seqloom.decoders.fused import loopable, read_before
from seqloom.decoders.wiring import Wiring, glorot, made
from seqloom.layers.linear import Linear
from seqloom.layers.stack import Noise, RecurrentStack
from seqloom.memory import Memory
from seqloom.state import State


class Bahdanau(Wiring):
    """Read with the last hidden state, then step."""

    def __init__(self, input_size: int, size: int, bridge: Bridge) -> None:
        super().__init__()
        self.reader = made(bridge, size, "bahdanau")
        self.input_size = input_size + self.reader.output_size
        self.found_size = size + self.input_size
        self.out = glorot(Linear(self.found_size, size))

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
        """Run one step: -> [h; x; c]."""
        context, remembered = self.read(stack.top(state["stack"]), keys, memory, state, mask)
        x = torch.cat([x, context.to(x.dtype)], -1)
        h, after = stack.step(x, state["stack"], noise)
        return torch.cat([h, x], -1), {"stack": after, "reader": remembered}

    def scan(
        self, stack: RecurrentStack, x: Tensor, mask: Tensor | None, state: State, keys: State, memory: Memory
    ) -> tuple[Tensor, State] | None:
        """Run all steps at once where the context is the same whatever is asked, or as a native loop."""
        if self.reader.asks:
            looped = loopable(stack, self.reader, x, memory)
            if looped is None:
                return None
            h, context, after = read_before(looped, stack, x, mask, state["stack"], keys, memory)
            return torch.cat([h, x, context.to(x.dtype)], -1), {"stack": after, "reader": state["reader"]}
        context, remembered = self.reader(x, keys, memory, state["reader"], mask)
        x = torch.cat([x, context.to(x.dtype)], -1)
        h, after = stack(x, mask, state["stack"])
        return torch.cat([h, x], -1), {"stack": after, "reader": remembered}

    def finish(self, stack: RecurrentStack, found: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Mix state, word and context."""
        return self.out(found).tanh(), state
