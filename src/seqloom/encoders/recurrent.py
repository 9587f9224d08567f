"""The recurrent encoder: any cell, any depth, one direction or both (Schuster & Paliwal 1997)."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from seqloom.cells.cell import Cell
from seqloom.encoders.encoder import Encoder
from seqloom.layers.stack import RecurrentStack, Start
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class RecurrentEncoder(Encoder):
    """`layers` of a cell of width `size`; both directions give outputs of width 2 * size.

    dropout is between layers, by step or by sequence (`dropping`); recurrent_dropout drops what each step remembers,
    one mask a sequence. `start` is the first State: zero, learned or random. See RecurrentStack.
    """

    def __init__(
        self,
        input_size: int,
        cell: Callable[[int, int], Cell],
        *,
        size: Count = 128,
        layers: Count = 1,
        bidirectional: bool = False,
        dropout: Share = 0.0,
        dropping: Literal["step", "sequence"] = "step",
        recurrent_dropout: Share = 0.0,
        residual: bool = False,
        start: Start = "zero",
    ) -> None:
        super().__init__()
        self.stack = RecurrentStack(
            cell, input_size, size, layers, bidirectional, dropout, dropping, recurrent_dropout, residual, start
        )
        self.causal = not bidirectional
        self.output_size = self.stack.output_size

    def forward(self, x: Tensor, mask: Tensor, state: State | None = None) -> tuple[Memory, State]:
        """Read x [batch, time, input] -> outputs [batch, time, size * directions], going on from `state`."""
        if not self.causal:
            self.refuse_state(state, "it reads in both directions")
        outputs, final = self.stack(x, mask, state)
        return Memory(outputs, mask, self.stack.top(final), final=final), final
