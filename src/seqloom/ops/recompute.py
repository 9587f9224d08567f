"""Activation checkpointing (Chen et al. 2016, arXiv:1604.06174): what a part computes on its way forward is not kept
for the backward pass but computed again there, from the part's inputs, with the same dropout noise.

A training that wants it runs its forward pass under `recomputing(True)`; the parts that can (`unroll` in pieces of
time, the blocks of a Transformer, the loop of a decoder that reads) then go through `recomputed`. Everywhere else,
without gradients and under a Tape or a Patch, `recomputed(f, ...)` is `f(...)`.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar, TypeVarTuple

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from seqloom.state import State
from seqloom.tape import watched

SHORTEST = 16
"""Steps of a piece at least: what a piece costs by itself is then small beside its steps."""

_on: ContextVar[bool] = ContextVar("recomputing", default=False)
Given = TypeVarTuple("Given")
R = TypeVar("R")


@contextmanager
def recomputing(on: bool) -> Iterator[None]:
    """Let the parts inside be computed again in the backward pass, or not."""
    token = _on.set(on)
    try:
        yield
    finally:
        _on.reset(token)


def recomputed(part: Callable[[*Given], R], *given: *Given) -> R:
    """Return part(...); where it was asked for, only `given` is kept of it until the backward pass.

    Parts inside a part are of that part: they are not cut once more.
    """
    if not active():
        return part(*given)

    def once(*given: *Given) -> R:
        with recomputing(False):
            return part(*given)

    result: R = checkpoint(once, *given, use_reentrant=False)
    return result


def active() -> bool:
    """Whether parts are computed again here."""
    return _on.get() and torch.is_grad_enabled() and not watched()


def in_pieces(
    run: Callable[[Tensor, Tensor | None, State], tuple[Tensor, State]], x: Tensor, mask: Tensor | None, state: State
) -> tuple[Tensor, State]:
    """Return run(x, mask, state) over x [batch, time, ...], in pieces of about sqrt(time) steps where it is
    recomputed: then the States between pieces are kept, and what lies inside only one at a time."""
    if not active():
        return run(x, mask, state)
    time, outputs = x.shape[1], []
    width = max(SHORTEST, math.isqrt(max(time - 1, 0)) + 1)
    for start in range(0, max(time, 1), width):
        here = slice(start, start + width)
        y, state = recomputed(run, x[:, here], None if mask is None else mask[:, here], state)
        outputs.append(y)
    return torch.cat(outputs, 1), state
