"""The contract of a head."""

from torch import Tensor, nn

from seqloom.batch import Field
from seqloom.memory import Memory
from seqloom.state import State


class Head(nn.Module):
    """Owns the last parameters and the loss as a sum and a count, so that padding and accumulation never change it."""

    def prepare(self, memory: Memory) -> State:
        """Return what `forward` needs of a memory and is the same at every step, made once a sentence."""
        return {}

    def forward(
        self, hidden: Tensor, memory: Memory | None, keys: State | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Turn hidden [batch, time, size] (and what an encoder left, and what `prepare` gave) into outputs.

        `mask` [batch, time] tells which steps are data, for whoever watches.
        """
        raise TypeError(f"{type(self).__name__} has no forward")

    def learn(
        self, hidden: Tensor, memory: Memory | None, keys: State | None, mask: Tensor | None, target: Field
    ) -> tuple[Tensor, Tensor]:
        """Return the loss of what `forward` would say, and its count: in training, where nobody reads the outputs."""
        return self.loss(self(hidden, memory, keys, mask), target)

    def loss(self, outputs: Tensor, target: Field) -> tuple[Tensor, Tensor]:
        """Return the summed loss in nats, and `count(target)`."""
        raise TypeError(f"{type(self).__name__} has no loss")

    def count(self, target: Field) -> Tensor:
        """Return what the summed loss is divided by, known from the target alone."""
        raise TypeError(f"{type(self).__name__} has no count")
