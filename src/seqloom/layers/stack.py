"""Layers of recurrence over one another, in one direction or both: what encoders and decoders share."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.cells.cell import Cell
from seqloom.errors import InputError
from seqloom.ops.unroll import unroll
from seqloom.state import State

Start = Literal["zero", "learned", "random"]
Directions = Literal["forwards", "backwards", "both", "bottom"]
Ways = tuple[str, ...]


class RecurrentStack(nn.Module):
    """`layers` of a cell, each reading the outputs of the one below.

    directions       forwards, backwards (each row from its end), both, or both in the bottom layer alone
    drop             dropout between layers
    dropping         step: a fresh mask at every step; sequence: one mask a row for all steps (variational, Gal &
                     Ghahramani 2016, arXiv:1512.05287)
    recurrent_drop   the same for what the recurrence remembers, one mask a row; takes the step loop
    residual         a layer's input is added to its output wherever their widths agree, from this layer on (1 is the
                     bottom one; True: from the bottom, False: nowhere)
    start            of the State: zeros, a learned vector, or random (normal with deviation `NOISE` in training, zeros
                     in evaluation)
    aside            width of what every layer but the bottom one reads beside the outputs of the one below
    """

    NOISE = 0.1

    def __init__(
        self,
        cell: Callable[[int, int], Cell],
        input_size: int,
        size: int,
        layers: int,
        directions: Directions,
        drop: float,
        dropping: Literal["step", "sequence"],
        recurrent_drop: float,
        residual: bool | int,
        start: Start,
        aside: int = 0,
    ) -> None:
        super().__init__()
        upper: Ways = ("forwards",) if directions == "bottom" else _ways(directions)
        self.ways: list[Ways] = [_ways(directions), *[upper] * (layers - 1)]
        self.drop, self.dropping, self.recurrent_drop = drop, dropping, recurrent_drop
        self.residual_from = int(residual) if residual else layers + 1
        self.start_kind, self.size = start, size
        widths = [input_size, *(size * len(ways) for ways in self.ways)]
        self.output_size = widths[-1]
        self.cells = nn.ModuleList(
            nn.ModuleDict({way: cell(widths[layer] + (aside if layer else 0), size) for way in ways})
            for layer, ways in enumerate(self.ways)
        )
        self.parts = next(iter(self.each_cell()))[2].parts
        first = next(iter(self.each_cell()))[2]
        if recurrent_drop and not first.recurrent_product:
            raise InputError(
                f"{type(first).__name__} reads no past in its gates, so recurrent_dropout has nothing to drop."
            )
        self.first = nn.ParameterDict()
        if start == "learned":
            for layer, way, one in self.each_cell():
                for part in one.parts:
                    self.first[f"{layer}_{way}_{part}"] = nn.Parameter(torch.randn(size) * self.NOISE)

    def each_cell(self) -> list[tuple[int, str, Cell]]:
        """List (layer, direction, cell), bottom first."""
        return [(layer, way, self.cell(layer, way)) for layer, ways in enumerate(self.ways) for way in ways]

    def cell(self, layer: int, way: str) -> Cell:
        """Return the cell of a layer (0 is the bottom) and a direction."""
        row: Any = self.cells[layer]
        return row[way]

    def start(self, batch: int, like: Tensor) -> State:
        """Return the start State of every layer and direction, in the type and on the device of `like`."""
        state: State = {}
        for layer, way, cell in self.each_cell():
            zeros = cell.start(batch, like)
            if self.start_kind == "learned":
                zeros = {part: self.first[f"{layer}_{way}_{part}"].to(like.dtype).expand(batch, -1) for part in zeros}
            elif self.start_kind == "random" and self.training:
                zeros = {part: torch.randn_like(value) * self.NOISE for part, value in zeros.items()}
            state.setdefault(str(layer), {})[way] = zeros
        return state

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None,
        state: State | None,
        aside: Tensor | None = None,
        above: int = 0,
        below: int | None = None,
    ) -> tuple[Tensor, State]:
        """Run all layers: x [batch, time, input] -> outputs [batch, time, size * directions] and every last State.

        `above` leaves out so many layers at the bottom, whose outputs x then holds; those from `below` on are left out
        too. `aside` [batch, time, width] is read by every layer but the bottom one.
        """
        state = self.start(x.shape[0], x) if state is None else state
        last: State = {}
        for layer, ways in list(enumerate(self.ways))[above:below]:
            if layer:
                x = self._between(x)
            read = x if aside is None or not layer else torch.cat([x, aside], -1)
            outputs, ends = [], {}
            for way in ways:
                cell, before = self.cell(layer, way), state[str(layer)][way]
                recall = self._recall(x, cell.size)
                y, ends[way] = unroll(cell, read, mask, before, way == "backwards", recall)
                outputs.append(y)
            y = torch.cat(outputs, -1) if len(outputs) > 1 else outputs[0]
            if self.skips(layer, x, y):
                y = y + x if mask is None else y + x.masked_fill(~mask.unsqueeze(-1), 0)
            x = y
            last[str(layer)] = ends
        return x, last

    def noise(self, x: Tensor) -> "Noise":
        """Draw what is dropped in the same places at every step of a loop over `step`, for x [batch, ...]."""
        batch = x.shape[0]
        between = [self._sequence_mask(x.new_ones(batch, self.size)) for _ in self.ways[1:]]
        return Noise(between, [self._recall(x, self.size) for _ in self.ways])

    def step(self, x: Tensor, state: State, noise: "Noise", below: int | None = None) -> tuple[Tensor, State]:
        """Run one step, forwards, of every layer or of those `below`: x [batch, input] -> y [batch, size], State."""
        last: State = {}
        for layer in range(len(self.ways[:below])):
            if layer:
                mask = noise.between[layer - 1]
                x = dropout(x, self.drop, self.training) if mask is None else x * mask
            before, recall = state[str(layer)]["forwards"], noise.recall[layer]
            y, after = self.cell(layer, "forwards")(x, before if recall is None else {**before, "recall": recall})
            x = y + x if self.skips(layer, x, y) else y
            last[str(layer)] = {"forwards": after}
        return x, last

    def top(self, state: State) -> Tensor:
        """Return the top layer's last hidden state, both directions joined: [batch, size * directions]."""
        ends: State = state[str(len(self.ways) - 1)]
        return torch.cat([ends[way]["h"] for way in self.ways[-1]], -1)

    def skips(self, layer: int, x: Tensor, y: Tensor) -> bool:
        return layer + 1 >= self.residual_from and y.shape[-1] == x.shape[-1]

    def _between(self, x: Tensor) -> Tensor:
        if self.dropping == "sequence":
            return x * dropout(x.new_ones(x.shape[0], 1, x.shape[2]), self.drop, self.training)
        return dropout(x, self.drop, self.training)

    def _sequence_mask(self, ones: Tensor) -> Tensor | None:
        return dropout(ones, self.drop, self.training) if self.dropping == "sequence" else None

    def _recall(self, x: Tensor, size: int) -> Tensor | None:
        if not (self.training and self.recurrent_drop):
            return None
        return dropout(x.new_ones(x.shape[0], size), self.recurrent_drop, True)


class Noise:
    """Dropout masks that stay the same for all steps of a sequence: between layers, and on what is remembered."""

    def __init__(self, between: list[Tensor | None], recall: list[Tensor | None]) -> None:
        self.between, self.recall = between, recall


def _ways(directions: Directions) -> Ways:
    both = ("forwards", "backwards")
    return both if directions in ("both", "bottom") else (directions,)
