"""The minimal LSTM: normalised gates that do not read the past."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

from seqloom.cells.cell import Cell
from seqloom.cells.mingru import positive
from seqloom.kernels import scan as native
from seqloom.kernels.cell_step import step
from seqloom.ops.lengths import last
from seqloom.ops.scan import linear_scan
from seqloom.state import State
from seqloom.tape import probe

KERNEL = {"identity": "minlstm", "positive": "minlstm_positive"}
"""The native step of each candidate."""


class MinLSTM(Cell):
    """minLSTM (Feng et al. 2024, arXiv:2410.01201, section 3.2).

    f, i = sigmoid(W_f x), sigmoid(W_i x)
    f, i = f / (f + i), i / (f + i)     normalised, so that the scale does not depend on time
    n = W_n x                           candidate="positive" as in minGRU
    h' = f * h + i * n
    """

    parts, probes = ("h",), ("f", "i", "n", "h")
    recurrent_product = False

    def __init__(
        self,
        input_size: int,
        size: int,
        *,
        candidate: Literal["identity", "positive"] = "identity",
        forget_bias: float = 0.0,
    ) -> None:
        super().__init__(input_size, size)
        self.candidate = candidate
        self.w = nn.Parameter(torch.empty(3 * size, input_size))
        self.b = nn.Parameter(torch.zeros(3 * size))
        for part in self.w.data.chunk(3):
            nn.init.xavier_uniform_(part)
        nn.init.constant_(self.b.data[:size], forget_bias)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Advance one step: x [batch, input], h [batch, hidden] -> h' [batch, hidden]."""
        if (done := step(self, KERNEL[self.candidate], x, state)) is not None:
            return done
        f, n = self._split(linear(x, self.w, self.b))
        f, i, n = probe("f", f), probe("i", 1 - f), probe("n", n)
        h = probe("h", f * state["h"] + i * n)
        return h, {"h": h}

    def scan(self, x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Solve h_t = f_t h_{t-1} + (1 - f_t) n_t for all steps of x [batch, time, input] at once."""
        gates, start = linear(x, self.w, self.b), state["h"]
        if native.usable(gates, start):
            h = native.minlstm(gates, start, self.candidate == "positive")
        else:
            f, n = self._split(gates)
            h = linear_scan(f, (1 - f) * n, start.to(f.dtype))
        return h, {"h": last(h, mask, start)}

    def _split(self, gates: Tensor) -> tuple[Tensor, Tensor]:
        """Return the normalised forget gate and the candidate.

        f / (f + i) = 1 / (1 + i / f) = sigmoid(log f - log i), which is never 0 / 0.
        """
        f, i, n = gates.chunk(3, -1)
        return (softplus(-i) - softplus(-f)).sigmoid(), positive(n) if self.candidate == "positive" else n
