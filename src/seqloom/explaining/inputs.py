"""Inputs: what a model reads of a row as real numbers, heard by a Tape and changed by a Patch.

Of numbers these are the values themselves, as they stand after a window's own scale (layers/revin.py): [1, time, ...].
Ids have no neighbours, so that of tokens it is the vectors that they are turned into: [1, time, size].
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from seqloom.data.vocabulary import UNK
from seqloom.errors import InputError
from seqloom.explaining.attributing import Score
from seqloom.explaining.subject import Axis, Subject, numbered
from seqloom.layers.embedding import Dummy
from seqloom.tape import Patch, Tape

KINDS: dict[int, Literal["numbers", "picture", "film"]] = {3: "numbers", 4: "picture", 5: "film"}
"""What values of so many axes hold."""
Nothing = Literal["zero", "mean", "unknown"]
"""What stands for an input that says nothing.

zero     zeros: the vector of padding, the mean of numbers that were brought to a mean of 0, black of a picture
mean     every step is the mean of the row's steps
unknown  every token is one that the vocabulary lacks; numbers are zeros
"""


@dataclass(frozen=True)
class Read:
    """One input of a model: its place in a Batch, the probe of what is attributed, and that of its ids if it has any.

    axis  what its steps are called; those of a picture are its rows
    kind  what it holds
    """

    side: str
    path: str
    ids: str | None
    axis: Axis
    kind: Literal["tokens", "numbers", "picture", "film"]

    @property
    def discrete(self) -> bool:
        """Whether it has tokens."""
        return self.ids is not None


def inputs_read(subject: Subject) -> dict[str, Read]:
    """Return the inputs of a row that have steps, by side; what a decoder does not listen to is none of them."""
    model, found = subject.run.model, {}
    for side, field in subject.batch.inputs.items():
        if side == "source" or (side == "target" and not isinstance(model.target, Dummy)):
            place = side
        elif side in model.beside:
            place = f"beside.{side}.source"
        elif side == "known":
            place = ""
        else:
            continue
        if not field.values.shape[1]:
            continue
        discrete = not field.values.is_floating_point()
        values = f"{place}.values" if place else "known"
        axis = subject.axes.get(side)
        if axis is None or len(axis) != field.values.shape[1]:
            axis = numbered(field.values.shape[1])
        if discrete:
            found[side] = Read(side, f"{place}.vectors", values, axis, "tokens")
        else:
            found[side] = Read(side, values, None, axis, KINDS[field.values.dim()])
    return found


def heard(subject: Subject, reads: Mapping[str, Read]) -> dict[str, Tensor]:
    """Return each input as the model reads it now, [1, time, ...] on the run's device."""
    with torch.no_grad(), Tape(subject.run.model, only=tuple(one.path for one in reads.values())) as tape:
        subject.forward()
    return {side: tape[one.path] for side, one in reads.items() if one.path in tape}


def baselines(
    subject: Subject, reads: Mapping[str, Read], inputs: Mapping[str, Tensor], nothing: Nothing
) -> dict[str, Tensor]:
    """Return what each input is compared to, in its shape. Raises InputError for unknown tokens where none are read."""
    if nothing == "zero":
        return {side: torch.zeros_like(value) for side, value in inputs.items()}
    if nothing == "mean":
        return {side: _mean(value).expand_as(value) for side, value in inputs.items()}
    ids = {one.ids: _unknown for one in reads.values() if one.ids is not None}
    if not ids:
        raise InputError("baseline=unknown is a token, and this run reads numbers: take baseline=zero or mean.")
    with Patch(subject.run.model, ids):
        unknown = heard(subject, {side: one for side, one in reads.items() if one.discrete})
    return {side: unknown.get(side, torch.zeros_like(value)) for side, value in inputs.items()}


def score_of(subject: Subject, reads: Mapping[str, Read]) -> Score:
    """Return the subject's score as a function of its inputs: every other part of the row stays."""

    def score(inputs: Mapping[str, Tensor]) -> Tensor:
        changes = {reads[side].path: _instead(value) for side, value in inputs.items()}
        with Patch(subject.run.model, changes):
            return subject.score(subject.forward())

    return score


def _instead(given: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda value: given.to(value.dtype)


def _unknown(ids: Tensor) -> Tensor:
    """Turn ids [batch, time], or words with their letters [batch, time, 2 + letters], into those of the unknown."""
    if ids.dim() == 2:
        return torch.full_like(ids, UNK)
    changed = torch.zeros_like(ids)
    changed[..., 0], changed[..., 1] = UNK, ids[..., 1]
    return changed


def _mean(value: Tensor) -> Tensor:
    """Average [1, time, ..., features] over everything but its features."""
    return value.mean(tuple(range(1, value.dim() - 1)), keepdim=True) if value.dim() > 2 else value.mean(1, True)
