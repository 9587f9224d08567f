"""Where a decoder starts from: the State before its first step, made of what it may see.

project   h = tanh(W s), and c = W s for cells with a cell state      s: the viewed summary (Bahdanau et al. 2015)
copy      every layer's last State of the encoder (Sutskever et al. 2014); sizes and parts must agree
"""

from typing import Literal

from torch import Tensor, nn

from seqloom.bridges.bridge import Seen
from seqloom.errors import InputError
from seqloom.layers.stack import RecurrentStack
from seqloom.memory import Layout, Memory
from seqloom.state import State

DecoderStart = Literal["project", "copy", "zero", "learned", "random"]


class Project(nn.Module):
    """A learned projection of the summary, so that sizes and kinds of cell never need to agree."""

    def __init__(self, seen: Seen, stack: RecurrentStack) -> None:
        super().__init__()
        self.size = stack.size
        self.places = [(str(layer), part) for layer, _, cell in stack.each_cell() for part in cell.parts]
        self.linear = nn.Linear(seen.summary, self.size * len(self.places))
        for block in self.linear.weight.data.chunk(len(self.places)):
            nn.init.xavier_uniform_(block)
        nn.init.zeros_(self.linear.bias)

    def forward(self, memory: Memory) -> State:
        """Return the start State of every layer."""
        state: State = {}
        pieces: tuple[Tensor, ...] = self.linear(memory.summary).split(self.size, -1)
        for (layer, part), piece in zip(self.places, pieces, strict=True):
            value = piece.tanh() if part == "h" else piece
            state.setdefault(layer, {}).setdefault("forwards", {})[part] = value
        return state


class Copy(nn.Module):
    """The encoder's last State, layer by layer."""

    def __init__(self, seen: Seen, stack: RecurrentStack) -> None:
        super().__init__()
        wanted = Layout(len(stack.ways), stack.parts, stack.size)
        if seen.final is None:
            raise InputError(
                "decoder.start=copy takes over the last State of a recurrent encoder in one direction, seen as it is "
                "(a bridge of kind context with a size hides it). Use start: project, or such an encoder and bridge."
            )
        if seen.final != wanted:
            raise InputError(
                f"decoder.start=copy: the encoder ends with {_said(seen.final)}, the decoder starts with "
                f"{_said(wanted)}. Make cells, layers and sizes agree, or use start: project."
            )

    def forward(self, memory: Memory) -> State:
        """Return the start State of every layer."""
        assert memory.final is not None
        return {layer: {"forwards": next(iter(ends.values()))} for layer, ends in memory.final.items()}


def starter(kind: DecoderStart | None, seen: Seen | None, stack: RecurrentStack) -> nn.Module | None:
    """Return what makes the start State of a Memory; None where the stack's own start serves.

    Raises InputError for a start that takes what is not there.
    """
    if seen is None:
        if kind in ("project", "copy"):
            raise InputError(f"decoder.start={kind} needs an encoder to start from. Use zero, learned or random.")
        return None
    if kind in (None, "project"):
        return Project(seen, stack)
    return Copy(seen, stack) if kind == "copy" else None


def _said(layout: Layout) -> str:
    return f"{layout.layers} layer(s) of {' and '.join(layout.parts)} of width {layout.size}"
