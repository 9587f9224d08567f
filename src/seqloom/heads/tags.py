"""One label for every step, each told by itself: a softmax a step."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.functional import dropout as drop_out

from seqloom.batch import Field
from seqloom.errors import InputError
from seqloom.heads.head import Head
from seqloom.heads.nats import nats, wide
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Share


class TagsHead(Head):
    """Logits over labels at every step.

    smoothing  label smoothing (Szegedy et al. 2016), in training only
    """

    reads = "steps"

    def __init__(
        self, size: int, labels: Sequence[str], counts: Sequence[int], *, dropout: Share = 0.0, smoothing: Share = 0.0
    ) -> None:
        super().__init__()
        self.labels, self.drop, self.smoothing = tuple(labels), dropout, smoothing
        self.out = nn.Linear(size, len(self.labels))
        nn.init.xavier_uniform_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self, hidden: Tensor, memory: Memory | None, keys: State | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Turn hidden [batch, time, size] into logits [batch, time, labels]."""
        logits: Tensor = self.out(drop_out(hidden, self.drop, self.training))
        return logits

    def loss(self, outputs: Tensor, target: Field) -> tuple[Tensor, Tensor]:
        """Return the summed nats of target.values [batch, time] ids where target.mask is True, and their number."""
        total = nats(outputs, target, self.smoothing if self.training else 0.0)
        return total, self.count(target)

    def count(self, target: Field) -> Tensor:
        """Return how many steps have a label."""
        return _mask(target).sum().float()

    def tag(self, outputs: Tensor, mask: Tensor) -> list[list[int]]:
        """Return the likeliest label's id at each valid step of each row; mask [batch, time] is a prefix."""
        lengths = mask.sum(1).tolist()
        return [row[:length] for row, length in zip(outputs.argmax(-1).tolist(), lengths, strict=True)]

    def probabilities(self, outputs: Tensor, mask: Tensor) -> Tensor:
        """Return the probability of each label at each step: [batch, time, labels]."""
        return wide(outputs).softmax(-1)


def _mask(target: Field) -> Tensor:
    if target.mask is None:
        raise InputError("labels for steps need a mask that says which steps there are.")
    return target.mask
