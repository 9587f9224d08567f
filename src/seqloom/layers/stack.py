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


class RecurrentStack(nn.Module):
    """`layers` of a cell, each reading the outputs of the one below.

    drop             dropout between layers
    dropping         step: a fresh mask at every step; sequence: one mask a row for all steps (variational, Gal &
                     Ghahramani 2016, arXiv:1512.05287)
    recurrent_drop   the same for what the recurrence remembers, one mask a row; takes the step loop
    residual         a layer's input is added to its output wherever their widths agree
    start            of the State: zeros, a learned vector, or random (normal with deviation `NOISE` in training, zeros
                     in evaluation)
    """

    NOISE = 0.1

    def __init__(
        self,
        cell: Callable[[int, int], Cell],
        input_size: int,
        size: int,
        layers: int,
        bidirectional: bool,
        drop: float,
        dropping: Literal["step", "sequence"],
        recurrent_drop: float,
        residual: bool,
        start: Start,
    ) -> None:
        super().__init__()
        self.directions = ("forwards", "backwards") if bidirectional else ("forwards",)
        self.drop, self.dropping, self.recurrent_drop = drop, dropping, recurrent_drop
        self.residual, self.start_kind = residual, start
        self.output_size = size * len(self.directions)
        self.cells = nn.ModuleList(
            nn.ModuleDict({way: cell(input_size if layer == 0 else self.output_size, size) for way in self.directions})
            for layer in range(layers)
        )
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
        return [(layer, way, self.cell(layer, way)) for layer in range(len(self.cells)) for way in self.directions]

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

    def forward(self, x: Tensor, mask: Tensor | None, state: State | None) -> tuple[Tensor, State]:
        """Run all layers: x [batch, time, input] -> outputs [batch, time, size * directions] and every last State."""
        state = self.start(x.shape[0], x) if state is None else state
        last: State = {}
        for layer in range(len(self.cells)):
            if layer:
                x = self._between(x)
            outputs, ends = [], {}
            for way in self.directions:
                cell, before = self.cell(layer, way), state[str(layer)][way]
                recall = self._recall(x, cell.size)
                y, ends[way] = unroll(cell, x, mask, before, way == "backwards", recall)
                outputs.append(y)
            y = torch.cat(outputs, -1) if len(outputs) > 1 else outputs[0]
            if self.residual and y.shape[-1] == x.shape[-1]:
                y = y + x if mask is None else y + x.masked_fill(~mask.unsqueeze(-1), 0)
            x = y
            last[str(layer)] = ends
        return x, last

    def top(self, state: State) -> Tensor:
        """Return the top layer's last hidden state, both directions joined: [batch, size * directions]."""
        ends: State = state[str(len(self.cells) - 1)]
        return torch.cat([ends[way]["h"] for way in self.directions], -1)

    def _between(self, x: Tensor) -> Tensor:
        if self.dropping == "sequence":
            return x * dropout(x.new_ones(x.shape[0], 1, x.shape[2]), self.drop, self.training)
        return dropout(x, self.drop, self.training)

    def _recall(self, x: Tensor, size: int) -> Tensor | None:
        if not (self.training and self.recurrent_drop):
            return None
        return dropout(x.new_ones(x.shape[0], size), self.recurrent_drop, True)
