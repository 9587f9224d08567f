"""The scaled dot score (Vaswani et al. 2017, arXiv:1706.03762, eq. 1) with one head: W q . U k / sqrt(size)."""

from torch import Tensor, nn

from seqloom.bridges.attention import AttentionReader
from seqloom.kernels.attend import Score
from seqloom.layers.linear import Linear
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class ScaledDot(AttentionReader):
    """Query and key meet in a space of width `size`; with `scale` false nothing is divided by its root.

    Without the division the products grow with the width, the softmax hardens and its gradient fades (section 3.2.1).
    """

    def __init__(
        self, query_size: int, memory_size: int, *, size: Count = 128, scale: bool = True, dropout: Share = 0.0
    ) -> None:
        super().__init__(query_size, memory_size)
        self.drop, self.factor = dropout, size**-0.5 if scale else 1.0
        self.query = Linear(query_size, size)
        self.key = Linear(memory_size, size, bias=False)
        for part in (self.query, self.key):
            nn.init.xavier_uniform_(part.weight)
        nn.init.zeros_(self.query.bias)

    def prepare(self, memory: Memory) -> State:
        """Project the keys: [batch, source, size]."""
        return {"keys": self.key(memory.outputs)}

    def form(self) -> Score:
        """Return the score in one formula."""
        return Score(self.query.weight, self.query.bias, factor=self.factor)

    def scores(self, query: Tensor, keys: State, state: State) -> Tensor:
        """Return scores [batch, target, source]."""
        return self.query(query) @ keys["keys"].mT * self.factor
