"""State: what a model remembers between two steps, as a nested dict of tensors with the batch on axis 0.

An RNN's `{"h", "c"}` and a Transformer's KV cache `{"keys", "values", "length"}` are both State, so the same few
functions serve beam search (`reorder`), truncated BPTT (`detach`), padding (`keep`) and the batching of live
sessions (`stack`, `split`). A State is never stored on a module.

A cache has a capacity on an inner axis that grows in blocks; where two States differ in capacity the shorter is
padded with zeros, which its `length` keeps invisible.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

State = dict[str, Any]
"""Values are tensors or States; a recursive union would need a cast at every use."""


def each(function: Callable[..., Tensor], state: State, *others: State) -> State:
    """Apply `function` to every tensor of `state`, beside the same entry of each of `others`."""
    result: State = {}
    for name, value in state.items():
        rest = [other[name] for other in others]
        if isinstance(value, dict):
            result[name] = each(function, value, *rest)
        else:
            result[name] = function(value, *rest)
    return result


def tensors(state: State) -> list[Tensor]:
    """List every tensor of `state`, in order."""
    found: list[Tensor] = []
    for value in state.values():
        found += tensors(value) if isinstance(value, dict) else [value]
    return found


def reorder(state: State, index: Tensor) -> State:
    """Pick rows: index [rows] of batch positions, repeats allowed. This is what a beam does to its hypotheses."""
    return each(lambda value: value.index_select(0, index), state)


def detach(state: State) -> State:
    """Cut the gradient, as truncated BPTT does between two windows."""
    return each(lambda value: value.detach(), state)


def keep(mask: Tensor, new: State, old: State) -> State:
    """Take `new` where mask [batch] is True and leave `old` elsewhere: a padded step changes nothing."""

    def choose(fresh: Tensor, past: Tensor) -> Tensor:
        fresh, past = _same_capacity([fresh, past])
        return torch.where(mask.view(-1, *[1] * (fresh.dim() - 1)), fresh, past)

    return each(choose, new, old)


def stack(states: list[State]) -> State:
    """Join States along the batch, padding shorter caches; `split` undoes it."""
    return each(lambda *values: torch.cat(_same_capacity(list(values))), *states)


def split(state: State) -> list[State]:
    """Cut a State of `batch` rows into `batch` States of one row."""
    return [each(lambda value, row=row: value[row : row + 1], state) for row in range(rows(state))]


def rows(state: State) -> int:
    """Return the batch size of a State."""
    return tensors(state)[0].shape[0]


def nbytes(state: State) -> int:
    """Return the memory that a State holds, in bytes."""
    return sum(value.nbytes for value in tensors(state))


def _same_capacity(values: list[Tensor]) -> list[Tensor]:
    """Pad inner axes with zeros at their end until all shapes agree beyond axis 0."""
    inner = [max(sizes) for sizes in zip(*(value.shape[1:] for value in values), strict=True)]
    return [
        value
        if list(value.shape[1:]) == inner
        else pad(
            value,
            [
                n
                for have, want in zip(reversed(value.shape[1:]), reversed(inner), strict=True)
                for n in (0, want - have)
            ],
        )
        for value in values
    ]
