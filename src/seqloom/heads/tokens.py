"""The next token at every step."""

import torch
from torch import Tensor, nn

from seqloom.batch import Field
from seqloom.heads.head import Head
from seqloom.heads.nats import nats
from seqloom.kernels import nats as kernel
from seqloom.kernels.dropout import dropout as drop_out
from seqloom.kernels.product import linear
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Share


class TokensHead(Head):
    """Logits over a vocabulary. With `tied` (the embedding's weights [vocabulary, width]; Press & Wolf 2017,
    arXiv:1608.05859) only a bias is its own, and a projection where the widths differ. The padding
    row then learns as an output too; masks keep it from being read.

    smoothing  label smoothing (Szegedy et al. 2016), in training only
    """

    def __init__(
        self,
        size: int,
        vocabulary: int,
        tied: nn.Parameter | None,
        *,
        dropout: Share = 0.0,
        smoothing: Share = 0.0,
    ) -> None:
        super().__init__()
        self.drop, self.smoothing = dropout, smoothing
        self.adapt: nn.Module = nn.Identity()
        if tied is None:
            self.weight = nn.Parameter(torch.empty(vocabulary, size))
            nn.init.xavier_uniform_(self.weight)
        else:
            self.weight = tied
            if tied.shape[1] != size:
                self.adapt = nn.Linear(size, tied.shape[1])
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.packed: nn.Module | None = None
        """The last product in another form, in a model that is packed for use."""

    def forward(
        self, hidden: Tensor, memory: Memory | None, keys: State | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Turn hidden [batch, time, size] into logits [batch, time, vocabulary]."""
        hidden = self.adapt(drop_out(hidden, self.drop, self.training))
        if self.packed is not None:
            packed: Tensor = self.packed(hidden)
            return packed
        return linear(hidden, self.weight, self.bias)

    def learn(
        self, hidden: Tensor, memory: Memory | None, keys: State | None, mask: Tensor | None, target: Field
    ) -> tuple[Tensor, Tensor]:
        """Return `loss` without ever holding all logits, where kernels/nats.py can."""
        if not kernel.usable(hidden.flatten(0, 1), self.weight, self.bias) or isinstance(self.adapt, nn.Linear):
            return super().learn(hidden, memory, keys, mask, target)
        read = drop_out(hidden, self.drop, self.training).flatten(0, 1)
        wanted = target.values if target.mask is None else target.values.masked_fill(~target.mask, kernel.IGNORED)
        smoothing = self.smoothing if self.training else 0.0
        return kernel.nats(read, self.weight, self.bias, wanted.flatten(), smoothing), self.count(target)

    def loss(self, outputs: Tensor, target: Field) -> tuple[Tensor, Tensor]:
        """Return the summed nats of target.values [batch, time] where target.mask is True, and their number."""
        total = nats(outputs, target, self.smoothing if self.training else 0.0)
        return total, self.count(target)

    def count(self, target: Field) -> Tensor:
        """Return how many tokens count."""
        if target.mask is None:
            return torch.tensor(float(target.values.numel()), device=target.values.device)
        return target.mask.sum().float()
