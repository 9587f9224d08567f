"""The concat score (Luong et al. 2015, arXiv:1508.04025, eq. 8).

    score(q, k) = v . tanh(W [q; k])

W [q; k] = W_q q + W_k k, so the keys' half is done once a sentence. It is the additive score without a bias.
"""

import torch
from torch import Tensor, nn

from seqloom.bridges.attention import AttentionReader
from seqloom.kernels.attend import Score
from seqloom.kernels.product import linear
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class Concat(AttentionReader):
    """One matrix for query and key beside each other; `size` is its width, dropout is on the weights."""

    def __init__(self, query_size: int, memory_size: int, *, size: Count = 128, dropout: Share = 0.0) -> None:
        super().__init__(query_size, memory_size)
        self.drop = dropout
        self.matrix = nn.Parameter(torch.empty(size, query_size + memory_size))
        self.score = nn.Parameter(torch.empty(size))
        nn.init.xavier_uniform_(self.matrix)
        nn.init.uniform_(self.score, -(size**-0.5), size**-0.5)

    def prepare(self, memory: Memory) -> State:
        """Project the keys: [batch, source, size]."""
        return {"keys": linear(memory.outputs, self.matrix[:, self.query_size :].to(memory.outputs.dtype))}

    def form(self) -> Score:
        """Return the score in one formula."""
        return Score(self.matrix[:, : self.query_size], None, self.score)

    def scores(self, query: Tensor, keys: State, state: State) -> Tensor:
        """Return scores [batch, target, source]."""
        asked = query @ self.matrix[:, : self.query_size].T.to(query.dtype)
        mixed = (asked.unsqueeze(2) + keys["keys"].unsqueeze(1)).tanh()  # [batch, target, source, size]
        return mixed @ self.score.to(mixed.dtype)
