"""The contract of a front."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

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

    def take(self, weights: Mapping[str, Tensor]) -> list[str]:
        """Start from the weights of a file (`source.front.weights`), and return what to say of those that did not
        match. Raises InputError where they do not fit."""
        raise TypeError(f"{type(self).__name__} starts from no file")
