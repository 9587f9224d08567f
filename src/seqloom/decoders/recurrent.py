"""The recurrent decoder: any cell, any depth; a language model, or one that writes from what an encoder left.

Without a wiring it reads nothing step by step: a language model, or the decoder of Sutskever et al. 2014
(arXiv:1409.3215), which has its context vector as start State. A wiring reads at every step.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from seqloom.bridges.bridge import Bridge
from seqloom.cells.cell import Cell
from seqloom.decoders.decoder import Decoder
from seqloom.decoders.start import DecoderStart, starter
from seqloom.decoders.wiring import Wiring
from seqloom.errors import InputError
from seqloom.layers.stack import RecurrentStack, Start
from seqloom.memory import Memory
from seqloom.ops.recompute import in_pieces, recomputed
from seqloom.state import State, keep
from seqloom.table import Count, Share
from seqloom.tape import sequence


class RecurrentDecoder(Decoder):
    """`layers` of a cell of width `size`; options as the recurrent encoder's, one direction.

    start  the first State: project (of the viewed summary) or copy (the encoder's last State), zero, learned or
           random; unset it is project where there is an encoder and zero where there is none
    """

    def __init__(
        self,
        input_size: int,
        cell: Callable[[int, int], Cell],
        bridge: Bridge | None = None,
        wiring: Callable[[int, int, Bridge], Wiring] | None = None,
        *,
        size: Count = 256,
        layers: Count = 1,
        dropout: Share = 0.0,
        dropping: Literal["step", "sequence"] = "step",
        recurrent_dropout: Share = 0.0,
        residual: bool | Count = False,
        start: DecoderStart | None = None,
    ) -> None:
        super().__init__()
        self.wiring = None if wiring is None or bridge is None else wiring(input_size, size, bridge)
        width, aside = (self.wiring.input_size, self.wiring.aside) if self.wiring else (input_size, 0)
        own: Start = start if start in ("learned", "random") else "zero"
        self.stack = RecurrentStack(
            cell, width, size, layers, "forwards", dropout, dropping, recurrent_dropout, residual, own, aside
        )
        self.first = starter(start, None if bridge is None else bridge.seen, self.stack)
        self.carries = bridge is None
        self.output_size = size

    def prepare(self, memory: Memory) -> State:
        """Return the reader's keys."""
        return self.wiring.reader.prepare(memory) if self.wiring else {}

    def forward(
        self, x: Tensor, mask: Tensor | None, state: State | None = None, memory: Memory | None = None
    ) -> tuple[Tensor, State]:
        """Run x [batch, time, input] -> hidden [batch, time, size] and the State after it."""
        if self.wiring is None:
            return self.stack(x, mask, self.begin(x, memory) if state is None else state)
        if memory is None:
            raise InputError("this decoder reads from a source at every step, so it cannot run without one.")
        if state is None:
            state = {"stack": self.begin(x, memory), **self.wiring.start(x, memory)}
        if not x.shape[1]:
            return x.new_zeros(x.shape[0], 0, self.output_size), state
        keys = self.keys(memory)
        if mask is not None and mask.device.type == "cpu" and bool(mask.all()):
            mask = None
        found, state = recomputed(self.wiring.scan, self.stack, x, mask, state, keys, memory) or self._loop(
            self.wiring, x, mask, state, keys, memory
        )
        hidden, state = self.wiring.finish(self.stack, found, mask, state)
        return (hidden if mask is None else hidden.masked_fill(~mask.unsqueeze(-1), 0)), state

    def begin(self, x: Tensor, memory: Memory | None) -> State:
        """Return the stack's start State for x [batch, ...]."""
        if self.first is None or memory is None:
            return self.stack.start(x.shape[0], x)
        state: State = self.first(memory)
        return state

    def _loop(
        self, wiring: Wiring, x: Tensor, mask: Tensor | None, state: State, keys: State, memory: Memory
    ) -> tuple[Tensor, State]:
        noise = self.stack.noise(x)

        def run(x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
            found = []
            for step, x_t in enumerate(x.unbind(1)):
                here = None if mask is None else mask[:, step : step + 1]
                y, new = wiring.advance(self.stack, x_t, state, keys, memory, here, noise)
                state = new if here is None else keep(here[:, 0], new, state)
                found.append(y)
            return torch.stack(found, 1), state

        with sequence(mask, False):
            return in_pieces(run, x, mask, state)
