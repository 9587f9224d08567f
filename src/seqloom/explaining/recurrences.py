"""Recurrences of a row: what one step of each is, what it reads, and where it starts, so that it can be differentiated.

What reads in one direction is one recurrence with all its layers, for its State goes on as one. Of what reads in both,
each layer and direction is one, given what the layers below made. A decoder that reads by attention is one with its
attention: its State holds what its wiring carries too (what is fed back, what a score remembers).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from seqloom.decoders.recurrent import RecurrentDecoder
from seqloom.encoders.branch import Branch
from seqloom.encoders.encoder import Encoder
from seqloom.encoders.pyramid import Pyramid
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.explaining.jacobian import Step, flatten, pull, push, recurrence, unflatten
from seqloom.explaining.recurrent import steps_of
from seqloom.explaining.subject import Subject
from seqloom.layers.stack import RecurrentStack
from seqloom.state import State
from seqloom.tape import Patch, Tape


@dataclass(frozen=True, eq=False)
class Recurrence:
    """One recurrence of a model on one row.

    path   of the stack or cell, or of the decoder, in the model
    title  for a person
    step   x [1, input] and the State before -> the State after
    read   [time, input], in the order in which it reads
    start  the State before the first step
    way    forwards or backwards
    """

    path: str
    title: str
    step: Step
    read: Tensor
    start: State
    way: str

    def __len__(self) -> int:
        return len(self.read)

    @property
    def width(self) -> int:
        """How many numbers the State holds."""
        return flatten(self.start).numel()

    def pulled(self, step: int, flat: Tensor, rows: Tensor) -> Tensor:
        """Return rows [k, state] times the Jacobian J of a step, from 0, at a State as one row of numbers."""
        return pull(lambda now: self.step(self.read[step : step + 1], now), unflatten(flat, self.start), rows)

    def pushed(self, step: int, flat: Tensor, rows: Tensor) -> Tensor:
        """Return J times each of rows [k, state], likewise."""
        return push(lambda now: self.step(self.read[step : step + 1], now), unflatten(flat, self.start), rows)

    def states(self, wanted: set[int]) -> dict[int, Tensor]:
        """Return the State before some steps, from 0, each as one row of numbers; no other is held."""
        found, state = {}, self.start
        with torch.no_grad():
            for step in range(max(wanted, default=-1) + 1):
                if step in wanted:
                    found[step] = flatten(state)
                state = self.step(self.read[step : step + 1], state)
        return found


def recurrences(subject: Subject) -> list[Recurrence]:
    """Return every recurrence that has a step to take on the row, of what stands beside first, the decoder's last."""
    model, found = subject.run.model, []
    encoders: dict[str, tuple[Encoder | None, str, str]] = {
        f"beside.{name}.encoder": (branch.encoder, f"beside.{name}.source.vectors", f"{name} encoder")
        for name, branch in model.beside.items()
        if isinstance(branch, Branch)
    }
    encoders["encoder"] = (model.encoder, "source.vectors", "encoder")
    heard = (*(vectors for _, vectors, _ in encoders.values()), "target.vectors")
    with torch.no_grad(), Tape(model, only=heard) as tape:
        subject.forward()
    with torch.no_grad():
        for path, (encoder, vectors, title) in encoders.items():
            if vectors in tape:
                x = tape[vectors][:, : steps_of(subject, subject.side(path))]
                found += list(_of_encoder(encoder, x, path, title))
        if isinstance(model.decoder, RecurrentDecoder) and "target.vectors" in tape:
            memory = None if model.encoder is None else model.read(subject.batch)
            decoder, x = model.decoder, tape["target.vectors"][:, : steps_of(subject, "target")]
            start = decoder(x[:, :0], None, None, memory)[1]
            if decoder.wiring is None:
                found += list(_of_stack(decoder.stack, x[0], start, "decoder.stack", "decoder"))
            elif x.shape[1]:

                def step(one: Tensor, state: State) -> State:
                    after: State = decoder(one[:, None], None, state, memory)[1]
                    return after

                found.append(Recurrence("decoder", "decoder with its attention", step, x[0], start, "forwards"))
    return [one for one in found if len(one)]


@contextmanager
def in_the_open(subject: Subject) -> Iterator[None]:
    """Let every cell take its own step rather than a fused kernel, which cannot be differentiated side by side."""
    with Patch(subject.run.model, {"decoder.*.cells.*": lambda value: value}):
        yield


def _of_encoder(encoder: Encoder | None, x: Tensor, path: str, title: str) -> Iterator[Recurrence]:
    if isinstance(encoder, RecurrentEncoder):
        yield from _of_stack(encoder.stack, x[0], None, f"{path}.stack", title)
    if isinstance(encoder, Pyramid):
        for layer, stack in enumerate(encoder.layers):
            assert isinstance(stack, RecurrentStack)
            if layer:
                x = pad(x, (0, 0, 0, x.shape[1] % 2))
                x = x.reshape(1, -1, 2 * x.shape[2])  # two steps as one
            yield from _of_stack(stack, x[0], None, f"{path}.layers.{layer}", f"{title} layer {layer + 1}")
            x = stack(x, None, None)[0]


def _of_stack(stack: RecurrentStack, x: Tensor, start: State | None, path: str, title: str) -> Iterator[Recurrence]:
    if not len(x):
        return
    ways = {way for ways in stack.ways for way in ways}
    if len(ways) == 1:
        (way,) = ways
        layers = f", {len(stack.ways)} layers as one" if len(stack.ways) > 1 else ""
        step, read, before = recurrence(stack, x, start, None, way)
        yield Recurrence(path, f"{title}{layers}", step, read, before, way)
        return
    for layer, way, _ in stack.each_cell():
        step, read, before = recurrence(stack, x, start, layer, way)
        name = f" layer {layer + 1}" if len(stack.ways) > 1 else ""
        yield Recurrence(f"{path}.cells.{layer}.{way}", f"{title}{name}, {way}", step, read, before, way)
