"""The contract of a front."""

from dataclasses import dataclass
from typing import ClassVar

from seqloom.layers.embedding import Input


@dataclass(frozen=True)
class MediaShape:
    """What the items of a collection are: audio of (bands,), image or video of (height, width, channels)."""

    kind: str
    dims: tuple[int, ...]


class Front(Input):
    """Turns values [batch, time, ...] into steps [batch, steps, size].

    The constructor takes `(dims, size, drop, *, options)`: the shape of one item as MediaShape has it, the width of the
    steps, and the share of them that is dropped in training.

    reads  the kinds of media: audio [batch, frames, bands], image [batch, height, width, channels] (its time is its
           height), video [batch, frames, height, width, channels]
    """

    reads: ClassVar[tuple[str, ...]]

    def count(self, time: int) -> int:
        """Return how many steps are made of so much time."""
        return time
