"""The contract of a cell, and the weights that the gated ones share.

To write your own: subclass `Cell`, set `parts` (the names in its State, `[batch, size]` each) and `probes` (the
names it offers to a Tape), call `super().__init__(input_size, size)` and write `forward`. Its positional arguments
are the two sizes, its options keyword-only. That is all: stacking, both directions, padding, decoding, laws and
plots follow. A cell that can do a whole sequence at once adds `scan(x, mask, state)`, equal to its steps.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.kernels import recurrence
from seqloom.state import State

Scan = Callable[[Tensor, Tensor | None, State], tuple[Tensor, State]]


class Cell(nn.Module):
    """One step of recurrence."""

    parts: tuple[str, ...] = ("h",)
    probes: tuple[str, ...] = ("h",)
    recurrent_product = True
    """False where the gates do not read the past, so that there is nothing for recurrent dropout to drop."""
    scan: Any = None

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.input_size, self.size = input_size, size

    def start(self, batch: int, like: Tensor) -> State:
        """Return the start State of zeros, in the type and on the device of `like`."""
        return {part: like.new_zeros(batch, self.size) for part in self.parts}

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Advance one step: x [batch, input] -> y [batch, size] and the next State."""
        raise TypeError(f"{type(self).__name__} has no forward")


class Gated(Cell):
    """A cell with torch's weights: w_ih [gates * size, input], w_hh [gates * size, size] and two biases, gates in
    torch's order, so that `nn.RNN`, `nn.LSTM` and `nn.GRU` weights load and cuDNN serves.

    Starts as Keras does: Glorot uniform input weights, orthogonal recurrent ones (Saxe et al. 2014), zero biases.
    """

    gates = 1
    kind: str | None = None
    """The name of its native recurrence (`kernels/recurrence.py`); None: it has none."""

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__(input_size, size)
        self.w_ih = nn.Parameter(torch.empty(self.gates * size, input_size))
        self.w_hh = nn.Parameter(torch.empty(self.gates * size, size))
        self.b_ih = nn.Parameter(torch.zeros(self.gates * size))
        self.b_hh = nn.Parameter(torch.zeros(self.gates * size))
        for part in self.w_ih.data.chunk(self.gates):
            nn.init.xavier_uniform_(part)
        for part in self.w_hh.data.chunk(self.gates):
            nn.init.orthogonal_(part)

    def weights(self) -> list[Tensor]:
        """List the weights in the order torch's fused kernels take them."""
        return [self.w_ih, self.w_hh, self.b_ih, self.b_hh]

    def sweep(self, x: Tensor, mask: Tensor | None, state: State, reverse: bool) -> tuple[Tensor, State] | None:
        """Run the native recurrence over x [batch, time, input], in place: each row to its own end, or from its own
        end where `reverse`; outputs are in input order and zero on padding. None where `scan` must serve."""
        start, weights = [state[part] for part in self.parts], self.weights()
        if self.kind is None or not recurrence.usable(x, start, weights):
            return None
        outputs, last = recurrence.run(self.kind, x, mask, start, weights, reverse)
        return outputs, dict(zip(self.parts, last, strict=True))


def recalled(state: State) -> Tensor:
    """Return the h that the gates read: h itself, or h under the sequence's dropout mask (Gal & Ghahramani 2016,
    arXiv:1512.05287)."""
    h: Tensor = state["h"]
    return h * state["recall"] if "recall" in state else h
