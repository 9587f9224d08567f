"""Activation checkpointing (Chen et al. 2016, arXiv:1604.06174): what a part computes on its way forward is not kept
for the backward pass but computed again there, from the part's inputs, with the same dropout noise.

A training that wants it runs its forward pass under `recomputing(True)`; the parts that can (`unroll` in pieces of
time, the blocks of a Transformer, the loop of a decoder that reads) then go through `recomputed`. Everywhere else,
without gradients and under a Tape or a Patch, `recomputed(f, ...)` is `f(...)`.
"""

import math
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, TypeVarTuple

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from seqloom.state import State
from seqloom.tape import watched

SHORTEST, PIECES = 16, 8
"""Steps of a piece at least, and pieces at most of more than 64 steps, as a piece costs something by itself. A gru of 3
layers of 256 over 1024 steps takes 1.35 times as long in pieces of 128 as whole, and 1.93 times in pieces of 33; of its
100 MiB inside, 12 or 3 are held at once then, beside 32 of outputs."""

Given = TypeVarTuple("Given")
R = TypeVar("R")


class Weights:
    """What parts hold: `largest` are the bytes inside the one that keeps most, `given` is what they are computed again
    from, by storage. Storages in `known` are not counted inside."""

    def __init__(self, known: Collection[int]) -> None:
        self.largest, self.given = 0, dict[int, Tensor]()
        self._known = known

    def part(self, part: Callable[[*Given], R], *given: *Given) -> R:
        """Run a part and weigh what it would keep for its backward pass, which it cannot have then."""
        self.given |= {one.untyped_storage().data_ptr(): one for one in _tensors(given)}
        inside: dict[int, Tensor] = {}

        def note(tensor: Tensor) -> None:
            inside[tensor.untyped_storage().data_ptr()] = tensor

        with recomputing(False), torch.autograd.graph.saved_tensors_hooks(note, _gone):
            result = part(*given)
        own = (one for place, one in inside.items() if place not in self.given and place not in self._known)
        self.largest = max(self.largest, sum(one.untyped_storage().nbytes() for one in own))
        inside.clear()  # the graph of the result holds `note`, and through it would hold them for ever
        return result


_on: ContextVar[bool] = ContextVar("recomputing", default=False)
_weighed: ContextVar[Weights | None] = ContextVar("weighed", default=None)


@contextmanager
def weighing(known: Collection[int] = ()) -> Iterator[Weights]:
    """Weigh the parts inside, which run forward alone: no more of them is held at once than in a training."""
    token = _weighed.set(weights := Weights(known))
    try:
        yield weights
    finally:
        _weighed.reset(token)


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, dict | tuple | list):
        for one in values.values() if isinstance(values, dict) else values:
            yield from _tensors(one)


def _gone(kept: None) -> Tensor:
    raise AssertionError("what is weighed has no backward pass")


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
    if (weights := _weighed.get()) is not None:
        return weights.part(part, *given)

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
    """Return run(x, mask, state) over x [batch, time, ...], in pieces of sqrt(time) steps, or of an eighth of
    them where that is more, where it is recomputed: then the States between pieces are kept, and what lies inside only
    one at a time."""
    if not active():
        return run(x, mask, state)
    time, outputs = x.shape[1], []
    width = max(SHORTEST, math.isqrt(max(time - 1, 0)) + 1, -(-time // PIECES))
    for start in range(0, max(time, 1), width):
        here = slice(start, start + width)
        y, state = recomputed(run, x[:, here], None if mask is None else mask[:, here], state)
        outputs.append(y)
    return torch.cat(outputs, 1), state
