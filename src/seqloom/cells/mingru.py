"""The minimal GRU: gates that do not read the past, so that training is parallel in time."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from seqloom.cells.cell import Cell
from seqloom.kernels import scan as native
from seqloom.kernels.cell_step import step
from seqloom.ops.lengths import last
from seqloom.ops.scan import linear_scan
from seqloom.state import State
from seqloom.tape import probe

KERNEL = {"identity": "mingru", "positive": "mingru_positive"}
"""The native step of each candidate."""


class MinGRU(Cell):
    """minGRU (Feng et al. 2024, arXiv:2410.01201, section 3.1).

    z = sigmoid(W_z x)                  z = 1 keeps the past; the paper's z is 1 - z
    n = W_n x                           candidate="positive": n + 0.5 above 0, sigmoid(n) below (appendix B)
    h' = (1 - z) * n + z * h
    """

    parts, probes = ("h",), ("z", "n", "h")
    recurrent_product = False

    def __init__(self, input_size: int, size: int, *, candidate: Literal["identity", "positive"] = "identity") -> None:
        super().__init__(input_size, size)
        self.candidate = candidate
        self.w = nn.Parameter(torch.empty(2 * size, input_size))
        self.b = nn.Parameter(torch.zeros(2 * size))
        for part in self.w.data.chunk(2):
            nn.init.xavier_uniform_(part)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Advance one step: x [batch, input], h [batch, hidden] -> h' [batch, hidden]."""
        if (done := step(self, KERNEL[self.candidate], x, state)) is not None:
            return done
        z, n = self._split(linear(x, self.w, self.b))
        z, n = probe("z", z), probe("n", n)
        h = probe("h", (1 - z) * n + z * state["h"])
        return h, {"h": h}

    def scan(self, x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Solve h_t = z_t h_{t-1} + (1 - z_t) n_t for all steps of x [batch, time, input] at once."""
        gates, start = linear(x, self.w, self.b), state["h"]
        if native.usable(gates, start):
            h = native.mingru(gates, start, self.candidate == "positive")
        else:
            z, n = self._split(gates)
            h = linear_scan(z, (1 - z) * n, start.to(z.dtype))
        return h, {"h": last(h, mask, start)}

    def _split(self, gates: Tensor) -> tuple[Tensor, Tensor]:
        z, n = gates.chunk(2, -1)
        return z.sigmoid(), positive(n) if self.candidate == "positive" else n


def positive(x: Tensor) -> Tensor:
    """The paper's g: x + 0.5 at and above zero, sigmoid(x) below, always positive (Feng et al. 2024, appendix B)."""
    return torch.where(x >= 0, x + 0.5, x.sigmoid())
