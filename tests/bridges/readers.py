"""Readers in float64 over a small Memory, and what they should find, place by place from the definition."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from seqloom.bridges import SCORES
from seqloom.layers.reader import Reader
from seqloom.memory import Memory
from seqloom.state import State

QUERY, MEMORY, TARGET = 3, 2, 3
LENGTHS = (4, 2, 0, 1)
CLOSE = {"atol": 1e-12, "rtol": 1e-11}
Score = Callable[[int, Tensor, Tensor], Tensor]
"""Takes a place, the query and what the place holds, and returns one number."""


def reader(kind: str, query: int = QUERY, memory: int = MEMORY, **options: Any) -> Reader:
    """Build a score of the table with random weights, for evaluation."""
    made: Reader = SCORES[kind](query, memory, **options).double().eval()
    g = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn(weight.shape, generator=g, dtype=torch.float64))
    return made


def seen(size: int = MEMORY) -> Memory:
    """Return a Memory whose padding holds noise, which nobody may see."""
    g = torch.Generator().manual_seed(1)
    outputs = torch.randn(len(LENGTHS), max(LENGTHS), size, generator=g, dtype=torch.float64, requires_grad=True)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    return Memory(outputs, mask, torch.zeros(len(LENGTHS), size).double())


def queries(time: int = TARGET, size: int = QUERY) -> Tensor:
    """Draw queries [batch, target, size]."""
    g = torch.Generator().manual_seed(3)
    return torch.randn(len(LENGTHS), time, size, generator=g, dtype=torch.float64, requires_grad=True)


def read(made: Reader, query: Tensor, memory: Memory, state: State | None = None) -> tuple[Tensor, State]:
    """Read as a decoder does: keys prepared, memory of its own at its start."""
    return made(query, made.prepare(memory), memory, made.start(memory) if state is None else state)


def shares(score: Score, query: Tensor, places: Tensor) -> Tensor:
    """Return the softmax of the scores of one query [size] over places [source, size] that all hold data."""
    raw = [score(place, query, held).exp() for place, held in enumerate(places)]
    return torch.stack(raw) / torch.stack(raw).sum() if raw else places.new_zeros(0)


def mixtures(score: Score, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
    """Return, by the definition, weights [batch, target, source] and context [batch, target, size]."""
    weights = torch.zeros(len(LENGTHS), query.shape[1], max(LENGTHS), dtype=torch.float64)
    for row, length in enumerate(LENGTHS):
        for t, asked in enumerate(query[row]):
            weights[row, t, :length] = shares(score, asked, memory.outputs[row, :length])
    return weights, torch.einsum("bts,bsn->btn", weights, memory.outputs)


def same(made: Reader, score: Score) -> None:
    """Hold a reader's context and every gradient to the definition, for all queries at once."""
    query, memory = queries(), seen()
    leaves = [query, memory.outputs, *made.parameters()]
    got, _ = read(made, query, memory)
    _, wanted = mixtures(score, query, memory)
    torch.testing.assert_close(got, wanted, **CLOSE)
    g = torch.Generator().manual_seed(4)
    turn = torch.randn(wanted.shape, generator=g, dtype=torch.float64)
    slopes = [torch.autograd.grad((one * turn).sum(), leaves) for one in (got, wanted)]
    torch.testing.assert_close(slopes[0], slopes[1], **CLOSE)
    assert all(slope.any() for slope in slopes[0]) and not slopes[0][1][~memory.mask].any()
