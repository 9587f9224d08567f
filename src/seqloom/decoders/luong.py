"""Reading after the cell (Luong et al. 2015, arXiv:1508.04025, section 3).

    h_t = cell([x_t; o_{t-1}], h_{t-1})     with input feeding; without, h_t = cell(x_t, h_{t-1})
    c_t = read(h_t)
    o_t = tanh(W [c_t; h_t])                the attentional vector, which the head reads

Without feeding no step waits for the one before: the cells run as a scan and all steps are read at once.
"""

import torch
from torch import Tensor

from seqloom.bridges.bridge import Bridge
from seqloom.decoders.fused import loopable, read_after
from seqloom.decoders.wiring import Wiring, glorot, made
from seqloom.kernels.attend import Source
from seqloom.kernels.attend_all import attend_all, usable
from seqloom.layers.linear import Linear
from seqloom.layers.stack import Noise, RecurrentStack
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.tape import asked


class Luong(Wiring):
    """Step, then read; `feed` gives what was found to the next step (input feeding)."""

    def __init__(self, input_size: int, size: int, bridge: Bridge, *, feed: bool = True) -> None:
        super().__init__()
        self.reader, self.feed = made(bridge, size, "luong"), feed
        self.input_size = input_size + (size if feed else 0)
        self.found_size = size
        self.out = glorot(Linear(self.reader.output_size + size, size))

    def start(self, x: Tensor, memory: Memory) -> State:
        """Begin with nothing attended to."""
        fed = {"fed": x.new_zeros(x.shape[0], self.found_size)} if self.feed else {}
        return {**super().start(x, memory), **fed}

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
        """Run one step: -> the attentional vector."""
        if self.feed:
            x = torch.cat([x, state["fed"].to(x.dtype)], -1)
        h, after = stack.step(x, state["stack"], noise)
        context, remembered = self.read(h, keys, memory, state, mask)
        out = self._mix(context, h)
        return out, {"stack": after, "reader": remembered, **({"fed": out} if self.feed else {})}

    def scan(
        self, stack: RecurrentStack, x: Tensor, mask: Tensor | None, state: State, keys: State, memory: Memory
    ) -> tuple[Tensor, State] | None:
        """Run all cells, then read all steps, where nothing is fed back and nothing remembered; or as a native loop."""
        if self.feed:
            looped = loopable(stack, self.reader, x, memory)
            if looped is None:
                return None
            before = state["stack"], state["fed"]
            found, after, fed = read_after(looped, stack, self.out, x, mask, *before, keys, memory)
            return found, {"stack": after, "reader": state["reader"], "fed": fed}
        if self.reader.remembers:
            return None
        h, after = stack(x, mask, state["stack"])
        if (mixed := self._at_once(h, keys, memory)) is not None:
            return mixed, {"stack": after, "reader": state["reader"]}
        context, remembered = self.reader(h, keys, memory, state["reader"], mask)
        return self._mix(context, h), {"stack": after, "reader": remembered}

    def _at_once(self, h: Tensor, keys: State, memory: Memory) -> Tensor | None:
        """Read with h [batch, time, size] and mix what was found in, natively where that can be had; else None."""
        score = self.reader.fused()
        if score is None or asked(self.reader, "weights"):
            return None
        source = Source(memory.outputs, keys["keys"], memory.mask)
        if not usable(h, source, score, self.out.weight):
            return None
        return attend_all(h, source, score, self.out.weight, self.out.bias)

    def _mix(self, context: Tensor, h: Tensor) -> Tensor:
        mixed: Tensor = self.out(torch.cat([context.to(h.dtype), h], -1)).tanh()
        return mixed
