"""The bag: the mean of what it reads, blind to order. A baseline."""

from torch import Tensor

from seqloom.encoders.encoder import Encoder
from seqloom.memory import Memory
from seqloom.state import State


class Bag(Encoder):
    """Leaves each step as it is; the summary is their mean (a continuous bag of words)."""

    causal = True

    def __init__(self, input_size: int) -> None:
        super().__init__()
        self.output_size = input_size

    def forward(self, x: Tensor, mask: Tensor, state: State | None = None) -> tuple[Memory, State]:
        """Read x [batch, time, size]; the State holds the sum and the count so far."""
        outputs = x.masked_fill(~mask.unsqueeze(-1), 0)
        return running_mean(outputs, mask, state)


def running_mean(outputs: Tensor, mask: Tensor, state: State | None) -> tuple[Memory, State]:
    """Make a Memory whose summary is the mean of all valid steps since the State was empty."""
    total, count = outputs.sum(1), mask.sum(1, keepdim=True).to(outputs.dtype)
    if state is not None:
        total, count = total + state["sum"], count + state["count"]
    return Memory(outputs, mask, total / count.clamp(min=1)), {"sum": total, "count": count}
