"""The gated recurrent unit."""

from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import linear

from seqloom.cells.cell import Gated, recalled
from seqloom.kernels.cell_step import step
from seqloom.ops.lengths import last
from seqloom.state import State
from seqloom.tape import probe


class GRU(Gated):
    """Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078).

    r = sigmoid(W_r x + U_r h)          reset gate
    z = sigmoid(W_z x + U_z h)          update gate; z = 1 keeps the past, as in cuDNN
    n = tanh(W_n x + r * (U_n h))       candidate; reset="before" puts r inside, as the paper: U_n (r * h)
    h' = (1 - z) * n + z * h
    """

    gates, parts, probes = 3, ("h",), ("r", "z", "n", "h")

    def __init__(self, input_size: int, size: int, *, reset: Literal["before", "after"] = "after") -> None:
        super().__init__(input_size, size)
        self.reset = reset
        self.scan: Any = self._scan if reset == "after" else None
        self.kind = "gru" if reset == "after" else None

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Advance one step: x [batch, input], h [batch, hidden] -> h' [batch, hidden]."""
        if self.reset == "after" and (done := step(self, "gru", x, state)) is not None:
            return done
        h = recalled(state)
        x_r, x_z, x_n = linear(x, self.w_ih, self.b_ih).chunk(3, -1)
        if self.reset == "after":
            h_r, h_z, h_n = linear(h, self.w_hh, self.b_hh).chunk(3, -1)
            r = probe("r", (x_r + h_r).sigmoid())
            n = r * h_n
        else:
            u_n, c_n = self.w_hh[2 * self.size :], self.b_hh[2 * self.size :]
            h_r, h_z = linear(h, self.w_hh[: 2 * self.size], self.b_hh[: 2 * self.size]).chunk(2, -1)
            r = probe("r", (x_r + h_r).sigmoid())
            n = linear(r * h, u_n, c_n)
        z = probe("z", (x_z + h_z).sigmoid())
        n = probe("n", (x_n + n).tanh())
        new = probe("h", (1 - z) * n + z * state["h"])
        return new, {"h": new}

    def _scan(self, x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Run a fused kernel, ours or torch's, over x [batch, time, input]; outputs on padding are not meaningful."""
        done = self.sweep(x, mask, state, reverse=False)
        if done is not None:
            return done
        start: Tensor = state["h"]
        outputs, _ = torch.gru(
            x, start.to(x.dtype).unsqueeze(0), self.weights(), True, 1, 0.0, self.training, False, True
        )
        return outputs, {"h": last(outputs, mask, start)}
