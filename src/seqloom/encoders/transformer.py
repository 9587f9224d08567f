"""The Transformer encoder (Vaswani et al. 2017, arXiv:1706.03762): every step sees every other."""

from torch import Tensor

from seqloom.encoders.encoder import Encoder
from seqloom.layers.packed_stack import PackedStack
from seqloom.layers.transformer import Activation, Norm, Positions, TransformerStack
from seqloom.memory import Memory
from seqloom.ops.pool import mean
from seqloom.state import State
from seqloom.table import Count, Share


class TransformerEncoder(Encoder):
    """`layers` blocks of width `size`; `inner` is the feed-forward width (4 * size if unset). Summary: the mean."""

    causal = False

    def __init__(
        self,
        input_size: int,
        *,
        size: Count = 128,
        layers: Count = 2,
        heads: Count = 4,
        inner: Count | None = None,
        dropout: Share = 0.1,
        norm: Norm = "pre",
        activation: Activation = "gelu",
        positions: Positions = "sinusoidal",
        max_positions: Count = 1024,
    ) -> None:
        super().__init__()
        self.stack = TransformerStack(
            input_size, size, layers, heads, inner, dropout, norm, activation, positions, max_positions
        )
        self.output_size = size
        self.packed: PackedStack | None = None
        """The stack in another form, in a model that is packed for use."""

    def forward(self, x: Tensor, mask: Tensor, state: State | None = None) -> tuple[Memory, State]:
        """Read x [batch, time, input] -> outputs [batch, time, size]; takes no State."""
        self.refuse_state(state, "every step sees all the others")
        if self.packed is not None and self.packed.usable(x, mask):
            outputs = self.packed.run(x, mask)
        else:
            outputs, _ = self.stack(x, mask, False, None)
        return Memory(outputs, mask, mean(outputs, mask)), {}
