"""The second input reads the first: stacked attention (Yang et al. 2016, arXiv:1511.02274, eq. 15 to 22).

    v_s = tanh(P_1 o_s)                     each place of the first input
    u_0 = tanh(P_2 q)                       what asks: the second's summary, and each of its steps by itself
    a   = softmax_s(w . tanh(V v_s + U u_{k-1} + b))
    u_k = u_{k-1} + sum_s a_s v_s           a hop; the next one asks with what was found

Summary and outputs are u of the last hop, of the second's summary and of its steps: a question whose every word knows
the picture. A Tape finds the weights at `weights_1`, `weights_2`, ..., [batch, 1, 1 + steps, places], those of the
summary first.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from seqloom.encoders.fuse import Fuse, hide, projections
from seqloom.errors import InputError
from seqloom.memory import Memory
from seqloom.table import Count
from seqloom.tape import probe


class FuseAttend(Fuse):
    """Two inputs, the first read in `hops` looks of weights of their own, all in a space of width `size`."""

    def __init__(self, widths: Mapping[str, int], *, size: Count = 256, hops: Count = 2) -> None:
        super().__init__()
        if len(widths) != 2:
            raise InputError(
                f"fuse attend: the second input reads the first, and there are {len(widths)}: {', '.join(widths)}. Use "
                "-s fuse=concat or fuse=multiply."
            )
        self.output_size = size
        self.project = projections(widths, size)
        self.hops = nn.ModuleList(_Hop(size) for _ in range(hops))

    def forward(self, memories: Mapping[str, Memory]) -> Memory:
        """Read the first for each step of the second: outputs [batch, steps of the second, size]."""
        (first, read), (second, asking) = memories.items()
        places: Tensor = self.project[first](read.outputs).tanh()  # [batch, places, size]
        asked = torch.cat([asking.summary.unsqueeze(1), asking.outputs], 1)  # [batch, 1 + steps, width]
        heard = torch.cat([asking.mask.new_ones(len(asked), 1), asking.mask], 1)
        query: Tensor = self.project[second](asked).tanh()
        for number, hop in enumerate(self.hops, 1):
            weights = hop(query, places, read.mask)
            weights = probe(f"weights_{number}", weights.unsqueeze(1), time=2, mask=heard).squeeze(1)
            query = query + weights @ places
        outputs = hide(query[:, 1:], asking.mask)
        return Memory(outputs, asking.mask, query[:, 0], parts={second: slice(0, outputs.shape[1])})


class _Hop(nn.Module):
    """One look: the weights of all places for each query. The keys have no bias, which a softmax does not see."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.key = nn.Linear(size, size, bias=False)
        self.query = nn.Linear(size, size)
        self.score = nn.Parameter(torch.empty(size))
        nn.init.xavier_uniform_(self.key.weight)
        nn.init.xavier_uniform_(self.query.weight)
        nn.init.zeros_(self.query.bias)
        nn.init.uniform_(self.score, -(size**-0.5), size**-0.5)

    def forward(self, query: Tensor, places: Tensor, mask: Tensor) -> Tensor:
        """Return weights [batch, queries, places] over those that hold data; zeros where none does."""
        mixed = (
            self.query(query).unsqueeze(2) + self.key(places).unsqueeze(1)
        ).tanh()  # [batch, queries, places, size]
        scores = mixed @ self.score.to(mixed.dtype)
        scores = scores.float() if scores.dtype in (torch.bfloat16, torch.float16) else scores
        hidden = ~mask.unsqueeze(1)
        weights = scores.masked_fill(hidden, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(hidden, 0)
        return weights.to(places.dtype)
