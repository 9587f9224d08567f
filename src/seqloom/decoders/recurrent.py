"""The recurrent decoder, here without memory: a recurrent language model."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from seqloom.cells.cell import Cell
from seqloom.decoders.decoder import Decoder
from seqloom.layers.stack import RecurrentStack, Start
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class RecurrentDecoder(Decoder):
    """`layers` of a cell of width `size`; options as the recurrent encoder's, one direction."""

    carries = True

    def __init__(
        self,
        input_size: int,
        cell: Callable[[int, int], Cell],
        *,
        size: Count = 256,
        layers: Count = 1,
        dropout: Share = 0.0,
        dropping: Literal["step", "sequence"] = "step",
        recurrent_dropout: Share = 0.0,
        residual: bool = False,
        start: Start = "zero",
    ) -> None:
        super().__init__()
        self.stack = RecurrentStack(
            cell, input_size, size, layers, False, dropout, dropping, recurrent_dropout, residual, start
        )
        self.output_size = size

    def forward(
        self, x: Tensor, mask: Tensor | None, state: State | None = None, memory: Memory | None = None
    ) -> tuple[Tensor, State]:
        """Run x [batch, time, input] -> hidden [batch, time, size] and every layer's last State."""
        hidden, last = self.stack(x, mask, state)
        return hidden, last
