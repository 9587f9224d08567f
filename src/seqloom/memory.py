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
    mask     [batch, source], True where there is data, always a prefix; of several inputs in each part
    summary  [batch, size], always defined: the top layer's last valid hidden state (both directions joined) for
             recurrent encoders, the masked mean for the others
    final    each layer's last State; recurrent encoders only
    tokens   [batch, source] ids of the source, where there are ids
    parts    which slice of the source axis came from which input
    keys     what readers made of the outputs once and for all (projected keys and values), by reader
    scale    (center, spread), each [batch, channels]: what a window of numbers was normalised by, and what forecasts
             are brought back with
    known    [batch, horizon, covariates]: what is known of the steps to be forecast
    """

    outputs: Tensor
    mask: Tensor
    summary: Tensor
    final: State | None = None
    tokens: Tensor | None = None
    parts: dict[str, slice] = field(default_factory=dict)
    keys: State = field(default_factory=dict)
    scale: tuple[Tensor, Tensor] | None = None
    known: Tensor | None = None

    def at(self, places: Tensor, mask: Tensor) -> "Memory":
        """Keep the outputs at some steps, places [batch, steps] under mask [batch, steps]; the summary stays."""
        index = places.unsqueeze(-1).expand(-1, -1, self.outputs.shape[-1])
        outputs = self.outputs.gather(1, index).masked_fill(~mask.unsqueeze(-1), 0)
        return replace(self, outputs=outputs, mask=mask, tokens=None, parts={})

    def reorder(self, index: Tensor) -> "Memory":
        """Pick rows, index [rows]; done together with the State wherever hypotheses move."""
        scale = self.scale
        return replace(
            self,
            outputs=self.outputs.index_select(0, index),
            mask=self.mask.index_select(0, index),
            summary=self.summary.index_select(0, index),
            final=None if self.final is None else states.reorder(self.final, index),
            tokens=None if self.tokens is None else self.tokens.index_select(0, index),
            keys=states.reorder(self.keys, index),
            scale=None if scale is None else (scale[0].index_select(0, index), scale[1].index_select(0, index)),
            known=None if self.known is None else self.known.index_select(0, index),
        )
