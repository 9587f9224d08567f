"""Memory: what an encoder leaves for everything downstream."""

from dataclasses import dataclass, field, replace

from torch import Tensor

from seqloom import state as states
from seqloom.state import State


@dataclass(frozen=True)
class Layout:
    """The layers of a recurrent encoder's last State: `layers` of `parts`, each of width `size`, in one direction."""

    layers: int
    parts: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Memory:
    """What was read, kept for those who ask.

    outputs  [batch, source, size]; padded steps hold zeros
    mask     [batch, source], True where there is data, always a prefix
    summary  [batch, size], always defined: the top layer's last valid hidden state (both directions joined) for
             recurrent encoders, the masked mean for the others
    final    each layer's last State; recurrent encoders only
    tokens   [batch, source] ids of the source, where there are ids
    parts    which slice of the source axis came from which input
    keys     what readers made of the outputs once and for all (projected keys and values), by reader
    """

    outputs: Tensor
    mask: Tensor
    summary: Tensor
    final: State | None = None
    tokens: Tensor | None = None
    parts: dict[str, slice] = field(default_factory=dict)
    keys: State = field(default_factory=dict)

    def reorder(self, index: Tensor) -> "Memory":
        """Pick rows, index [rows]; done together with the State wherever hypotheses move."""
        return replace(
            self,
            outputs=self.outputs.index_select(0, index),
            mask=self.mask.index_select(0, index),
            summary=self.summary.index_select(0, index),
            final=None if self.final is None else states.reorder(self.final, index),
            tokens=None if self.tokens is None else self.tokens.index_select(0, index),
            keys=states.reorder(self.keys, index),
        )
