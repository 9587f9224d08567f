"""The Transformer decoder, here without memory: GPT (Radford et al. 2018, 2019)."""

from torch import Tensor

from seqloom.decoders.decoder import Decoder
from seqloom.layers.transformer import Activation, Norm, Positions, TransformerStack
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class TransformerDecoder(Decoder):
    """`layers` causal blocks of width `size`; `inner` is the feed-forward width (4 * size if unset)."""

    carries = False

    def __init__(
        self,
        input_size: int,
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
        self.stack = TransformerStack(
            input_size, size, layers, heads, inner, dropout, norm, activation, positions, max_positions
        )
        self.span = self.stack.max_positions
        self.output_size = size

    def forward(
        self, x: Tensor, mask: Tensor | None, state: State | None = None, memory: Memory | None = None
    ) -> tuple[Tensor, State]:
        """Run x [batch, time, input] -> hidden [batch, time, size]; the State is the KV cache, which is consumed."""
        hidden, cache = self.stack(x, mask, True, state)
        return hidden, cache
