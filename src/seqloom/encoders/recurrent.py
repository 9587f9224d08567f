"""The recurrent encoder: any cell, any depth, one direction or both (Schuster & Paliwal 1997)."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from seqloom.cells.cell import Cell
from seqloom.encoders.encoder import Encoder
from seqloom.errors import InputError
from seqloom.layers.live import Live
from seqloom.layers.stack import Directions, RecurrentStack, Start
from seqloom.memory import Layout, Memory
from seqloom.state import State
from seqloom.table import Count, Share


class RecurrentEncoder(Encoder):
    """`layers` of a cell of width `size`; both directions give outputs of width 2 * size.

    bidirectional  both directions in every layer, or in the "bottom" one alone (Wu et al. 2016, arXiv:1609.08144)
    reverse        reads each row from its end, as Sutskever et al. 2014 (arXiv:1409.3215) do; outputs stay in input
                   order
    dropout is between layers, by step or by sequence (`dropping`); recurrent_dropout drops what each step remembers,
    one mask a sequence. `residual` True adds each layer's input, a number from that layer on. `start` is the first
    State: zero, learned or random. See RecurrentStack.
    """

    def __init__(
        self,
        input_size: int,
        cell: Callable[[int, int], Cell],
        *,
        size: Count = 128,
        layers: Count = 1,
        bidirectional: bool | Literal["bottom"] = False,
        reverse: bool = False,
        dropout: Share = 0.0,
        dropping: Literal["step", "sequence"] = "step",
        recurrent_dropout: Share = 0.0,
        residual: bool | Count = False,
        start: Start = "zero",
    ) -> None:
        super().__init__()
        if reverse and bidirectional:
            raise InputError("an encoder of both directions reads each row from its end anyway: leave out reverse.")
        directions: Directions = "backwards" if reverse else "forwards"
        if bidirectional:
            directions = "bottom" if bidirectional == "bottom" else "both"
        self.stack = RecurrentStack(
            cell, input_size, size, layers, directions, dropout, dropping, recurrent_dropout, residual, start
        )
        self.reverse = reverse
        self.causal = directions == "forwards"
        self.output_size = self.stack.output_size
        if not bidirectional:
            self.final = Layout(layers, self.stack.parts, size)

    def forward(self, x: Tensor, mask: Tensor, state: State | None = None) -> tuple[Memory, State]:
        """Read x [batch, time, input] -> outputs [batch, time, size * directions], going on from `state`."""
        if not self.causal:
            self.refuse_state(state, "it reads from the end" if self.reverse else "it reads in both directions")
        outputs, final = self.stack(x, mask, state)
        return Memory(outputs, mask, self.stack.top(final), final=final), final

    def live(self, rows: int = 1) -> Live:
        """Return what reads live signals one step at a time, to the outputs that `forward` gives of the whole.

        Raises InputError for an encoder that reads from the end.
        """
        if not self.causal:
            self.refuse_state({}, "it reads from the end" if self.reverse else "it reads in both directions")
        return Live(self.stack, rows)
