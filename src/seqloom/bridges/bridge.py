"""The contract of a bridge, which makes readers.

A bridge answers two questions: what may be seen of an encoder's Memory (`view`), and how a decoder looks at it
(`reader`). A decoder asks for as many readers as its wiring has: one for a recurrent decoder, one a layer for a
Transformer. What a reader makes of a Memory once a sentence, its projected keys, stands in `Memory.keys`, never on a
module.
"""

from dataclasses import dataclass

from torch import nn

from seqloom.layers.reader import Reader
from seqloom.memory import Layout, Memory


@dataclass(frozen=True)
class Seen:
    """What a Memory will hold, known when a model is built.

    size     width of `outputs`
    summary  width of `summary`
    final    layout of the last State, None where there is none that a decoder could start from
    """

    size: int
    summary: int
    final: Layout | None = None


class Bridge(nn.Module):
    """Stands between encoder and decoder.

    seen   what is left to be seen after `view`
    reads  whether there is anything to read step by step
    """

    seen: Seen
    reads = True

    def view(self, memory: Memory) -> Memory:
        """Return the Memory that everything downstream sees, start State included."""
        return memory

    def reader(self, query_size: int) -> Reader:
        """Make a reader for queries of this width; asked for only where `reads`."""
        raise TypeError(f"{type(self).__name__} has no reader")
