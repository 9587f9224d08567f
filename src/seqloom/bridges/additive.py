"""The additive score (Bahdanau et al. 2015, arXiv:1409.0473, appendix A.1.2), with coverage on request.

    score(q, k) = v . tanh(W q + b + U k + w_c C)

C is how much of this place has been read so far, the sum of its weights (Tu et al. 2016, arXiv:1601.04811, the
linguistic form with fertility 1), and is there only with `coverage`.
"""

import torch
from torch import Tensor, nn

from seqloom.bridges.attention import AttentionReader
from seqloom.kernels.attend import Score
from seqloom.layers.linear import Linear
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class Additive(AttentionReader):
    """A small network scores query and key together; `size` is its width, dropout is on the weights."""

    def __init__(
        self,
        query_size: int,
        memory_size: int,
        *,
        size: Count = 128,
        coverage: bool = False,
        dropout: Share = 0.0,
    ) -> None:
        super().__init__(query_size, memory_size)
        self.drop, self.remembers = dropout, coverage
        self.query = Linear(query_size, size)
        self.key = Linear(memory_size, size, bias=False)
        self.score = nn.Parameter(torch.empty(size))
        nn.init.uniform_(self.score, -(size**-0.5), size**-0.5)
        for part in (self.query, self.key):
            nn.init.xavier_uniform_(part.weight)
        nn.init.zeros_(self.query.bias)
        self.covered = nn.Parameter(torch.randn(size) * size**-0.5) if coverage else None

    def prepare(self, memory: Memory) -> State:
        """Project the keys: [batch, source, size]."""
        return {"keys": self.key(memory.outputs)}

    def start(self, memory: Memory) -> State:
        """Return a coverage of zero everywhere, where it is asked for."""
        return {"coverage": torch.zeros_like(memory.outputs[..., 0])} if self.remembers else {}

    def form(self) -> Score | None:
        """Return the score in one formula, where there is no coverage."""
        return Score(self.query.weight, self.query.bias, self.score) if self.covered is None else None

    def scores(self, query: Tensor, keys: State, state: State) -> Tensor:
        """Return scores [batch, target, source]."""
        key = keys["keys"].unsqueeze(1)  # [batch, 1, source, size]
        if self.covered is not None:
            key = key + state["coverage"][:, None, :, None] * self.covered
        mixed = (self.query(query).unsqueeze(2) + key).tanh()  # [batch, target, source, size]
        return mixed @ self.score.to(mixed.dtype)

    def remember(self, weights: Tensor, state: State) -> State:
        """Add what was read to the coverage."""
        return {"coverage": state["coverage"] + weights.squeeze(1).to(state["coverage"].dtype)} if state else state
