"""A branch: one more input of a model, read by an encoder of its own beside the first."""

from torch import nn

from seqloom.batch import Field
from seqloom.encoders.encoder import Encoder
from seqloom.layers.embedding import Input
from seqloom.memory import Memory
from seqloom.tape import probe


class Branch(nn.Module):
    """Turns one field of a batch into the Memory of its encoder."""

    def __init__(self, source: Input, encoder: Encoder) -> None:
        super().__init__()
        self.source, self.encoder = source, encoder
        self.output_size = encoder.output_size

    def forward(self, read: Field) -> Memory:
        """Read values [batch, time, ...] under their mask."""
        if read.mask is None:
            raise ValueError("an input that is read needs a mask")
        steps = self.source.steps(read.mask)
        values = probe("source.values", read.values, time=1, mask=read.mask)
        vectors = self.source(self.source.filled(values, read.mask))
        memory: Memory = self.encoder(probe("source.vectors", vectors, time=1, mask=steps), steps, None)[0]
        return memory
