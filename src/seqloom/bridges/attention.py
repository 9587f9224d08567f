"""Attention: a decoder sees the whole Memory, and a score says where it looks at each step.

    a = softmax(score(q, k_1), ..., score(q, k_S))        over places that hold data
    context = sum_s a_s v_s

Bahdanau et al. 2015 (arXiv:1409.0473), Luong et al. 2015 (arXiv:1508.04025), Vaswani et al. 2017 (arXiv:1706.03762).
The scores differ in one function each, a file each; see SCORES.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import dropout

from seqloom.bridges.bridge import Bridge, Seen
from seqloom.kernels.additive import additive_weights, usable
from seqloom.kernels.attend import Score
from seqloom.kernels.product import linear
from seqloom.layers.reader import Reader
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.tape import probe


class Attention(Bridge):
    """The whole Memory, read by attention with one of the scores."""

    def __init__(self, seen: Seen, score: Callable[[int, int], Reader]) -> None:
        super().__init__()
        self.seen, self._score = seen, score

    def reader(self, query_size: int) -> Reader:
        """Make a reader with weights of its own."""
        return self._score(query_size, self.seen.size)


class AttentionReader(Reader):
    """What the scores with one head share: the softmax over data and the mixture of the Memory's outputs.

    A score defines `prepare` and `scores`; one that remembers also `start` and `remember`. One that is a formula which
    the native loops know says so in `form`; its keys then stand in "keys".
    """

    drop = 0.0

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.query_size, self.output_size = query_size, memory_size

    def scores(self, query: Tensor, keys: State, state: State) -> Tensor:
        """Return the scores [batch, target, source] of queries [batch, target, size]."""
        raise TypeError(f"{type(self).__name__} has no scores")

    def form(self) -> Score | None:
        """Return the score in the one formula that native code knows, None where it is another."""
        return None

    def fused(self) -> Score | None:
        """Return the formula, unless weights are dropped."""
        return None if self.drop and self.training else self.form()

    def weigh(self, query: Tensor, keys: State, state: State, mask: Tensor) -> Tensor:
        """Return the weights [batch, target, source]: natively where the score is additive and the library is there."""
        form = self.form()
        if form is not None and form.weight is not None and form.v is not None and usable(query, keys["keys"], form.v):
            bias = None if form.bias is None else form.bias.to(query.dtype)
            asking = linear(query, form.weight.to(query.dtype), bias)
            return additive_weights(asking, keys["keys"], form.v, mask)
        return self.normalise(self.scores(query, keys, state), mask)

    def remember(self, weights: Tensor, state: State) -> State:
        """Return what is remembered after weights [batch, 1, source]."""
        return state

    def forward(
        self, query: Tensor, keys: State, memory: Memory, state: State, mask: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Read: query [batch, target, size] -> context [batch, target, memory size]."""
        if self.remembers and query.shape[1] != 1:
            raise ValueError("a score that remembers takes one query at a time")
        weights = self.weigh(query, keys, state, memory.mask)
        weights = probe("weights", weights.unsqueeze(1), time=2, mask=mask).squeeze(1)  # [batch, 1, target, source]
        with torch.autocast(weights.device.type, enabled=False):
            mixing = dropout(weights, self.drop, self.training) if self.drop else weights
            context = mixing @ memory.outputs.to(weights.dtype)
        return context, self.remember(weights, state)

    @staticmethod
    def normalise(scores: Tensor, mask: Tensor) -> Tensor:
        """Return the softmax over places that hold data; zeros where there are none."""
        scores = scores.float() if scores.dtype in (torch.bfloat16, torch.float16) else scores
        hidden = ~mask.unsqueeze(1)
        return scores.masked_fill(hidden, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(hidden, 0)
