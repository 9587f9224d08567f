"""The general score (Luong et al. 2015, arXiv:1508.04025, eq. 8): score(q, k) = q . W k."""

from torch import Tensor, nn

from seqloom.bridges.attention import AttentionReader
from seqloom.kernels.attend import Score
from seqloom.layers.linear import Linear
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Share


class General(AttentionReader):
    """A matrix turns each key into the query's space; dropout is on the weights."""

    def __init__(self, query_size: int, memory_size: int, *, dropout: Share = 0.0) -> None:
        super().__init__(query_size, memory_size)
        self.drop = dropout
        self.key = Linear(memory_size, query_size, bias=False)
        nn.init.xavier_uniform_(self.key.weight)

    def prepare(self, memory: Memory) -> State:
        """Project the keys: [batch, source, query size]."""
        return {"keys": self.key(memory.outputs)}

    def form(self) -> Score:
        """Return the score in one formula."""
        return Score()

    def scores(self, query: Tensor, keys: State, state: State) -> Tensor:
        """Return scores [batch, target, source]."""
        return query @ keys["keys"].mT.to(query.dtype)
