"""The location-aware score (Chorowski et al. 2015, arXiv:1506.07503, eq. 8 and 9).

f = F * a_{t-1}                                     a convolution of the last weights
score(q, k_s) = v . tanh(W q + b + U k_s + V f_s)
"""

import torch
from torch import Tensor, nn

from seqloom.bridges.attention import AttentionReader
from seqloom.errors import InputError
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class Location(AttentionReader):
    """Additive, and it knows where it last looked, through `filters` filters of `kernel` places (odd)."""

    remembers = True

    def __init__(
        self,
        query_size: int,
        memory_size: int,
        *,
        size: Count = 128,
        filters: Count = 10,
        kernel: Count = 15,
        dropout: Share = 0.0,
    ) -> None:
        if kernel % 2 == 0:
            raise InputError(f"score location: kernel={kernel} has no middle place; take an odd number.")
        super().__init__(query_size, memory_size)
        self.drop = dropout
        self.query = nn.Linear(query_size, size)
        self.key = nn.Linear(memory_size, size, bias=False)
        self.place = nn.Linear(filters, size, bias=False)
        self.filter = nn.Conv1d(1, filters, kernel, padding="same", bias=False)
        self.score = nn.Parameter(torch.empty(size))
        nn.init.uniform_(self.score, -(size**-0.5), size**-0.5)
        for part in (self.query, self.key, self.place):
            nn.init.xavier_uniform_(part.weight)
        nn.init.zeros_(self.query.bias)

    def prepare(self, memory: Memory) -> State:
        """Project the keys: [batch, source, size]."""
        return {"keys": self.key(memory.outputs)}

    def start(self, memory: Memory) -> State:
        """Return the weights before the first query: equal over all places that hold data."""
        held = memory.mask.to(memory.outputs.dtype)
        return {"last": held / held.sum(1, keepdim=True).clamp(min=1)}

    def scores(self, query: Tensor, keys: State, state: State) -> Tensor:
        """Return scores [batch, 1, source]."""
        last = self.filter(state["last"].unsqueeze(1)).transpose(1, 2)  # [batch, source, filters]
        mixed = (self.query(query) + keys["keys"] + self.place(last)).tanh()  # [batch, source, size]
        return (mixed @ self.score.to(mixed.dtype)).unsqueeze(1)

    def remember(self, weights: Tensor, state: State) -> State:
        """Keep the weights just used."""
        return {"last": weights.squeeze(1).to(state["last"].dtype)}
