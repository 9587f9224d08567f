"""The Transformer decoder (Vaswani et al. 2017, arXiv:1706.03762); without a source it is GPT (Radford et al. 2018)."""

import torch
from torch import Tensor

from seqloom.bridges.bridge import Bridge
from seqloom.bridges.multihead import MultiHead
from seqloom.decoders.decoder import Decoder
from seqloom.errors import InputError
from seqloom.layers.packed import PackedTogether
from seqloom.layers.transformer import Activation, Norm, Positions, TransformerStack
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class TransformerDecoder(Decoder):
    """`layers` causal blocks of width `size`; `inner` is the feed-forward width (4 * size if unset).

    Every block reads through the bridge, with a reader of its own. A score that remembers (location, coverage) makes
    training go step by step, as its answer to one step waits for that to the step before.
    """

    carries = False

    def __init__(
        self,
        input_size: int,
        bridge: Bridge | None = None,
        *,
        size: Count = 256,
        layers: Count = 4,
        heads: Count = 4,
        inner: Count | None = None,
        dropout: Share = 0.1,
        norm: Norm = "pre",
        activation: Activation = "gelu",
        positions: Positions = "learned",
        max_positions: Count = 1024,
    ) -> None:
        super().__init__()
        if bridge is not None and not bridge.reads:
            raise InputError(
                "a Transformer decoder has no start State that could take a context vector: give it to every step "
                "(bridge.to=steps), or use bridge: attention."
            )
        self.stack = TransformerStack(
            input_size,
            size,
            layers,
            heads,
            inner,
            dropout,
            norm,
            activation,
            positions,
            max_positions,
            None if bridge is None else bridge.reader,
        )
        self.reads = bridge is not None
        self.waits = any(reader.remembers for reader in self.stack.readers())
        self.span = self.stack.max_positions
        self.output_size = size
        self.together: PackedTogether | None = None
        """What projects the keys and values of all readers at once, in a model that is packed for use."""

    def prepare(self, memory: Memory) -> State:
        """Return the keys of every block's reader."""
        readers = self.stack.readers()
        if self.together is None or not self.together.usable(memory.outputs):
            return self.stack.prepare(memory)
        made = self.together.run(memory.outputs)
        return {
            str(number): reader.held(made[2 * number], made[2 * number + 1])
            for number, reader in enumerate(readers)
            if isinstance(reader, MultiHead)
        }

    def forward(
        self, x: Tensor, mask: Tensor | None, state: State | None = None, memory: Memory | None = None
    ) -> tuple[Tensor, State]:
        """Run x [batch, time, input] -> hidden [batch, time, size]; the State is the KV cache, which is consumed."""
        if not self.reads:
            return self.stack(x, mask, True, state)
        if memory is None:
            raise InputError("this decoder reads from a source in every layer, so it cannot run without one.")
        keys = self.keys(memory)
        if not self.waits:
            return self.stack(x, mask, True, state, memory, keys)
        hidden = []
        for step in range(x.shape[1]):
            here = None if mask is None else mask[:, step : step + 1]
            y, state = self.stack(x[:, step : step + 1], here, True, state, memory, keys)
            hidden.append(y)
        if not hidden or state is None:
            return self.stack(x, mask, True, state, memory, keys)
        return torch.cat(hidden, 1), state
