"""The plain recurrent network (Elman 1990)."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import linear

from seqloom.cells.cell import Gated, recalled
from seqloom.kernels.cell_step import step
from seqloom.ops.lengths import last
from seqloom.state import State
from seqloom.tape import probe


class RNN(Gated):
    """Elman's network: h' = g(W x + b + U h + c), g tanh or relu."""

    gates, parts, probes = 1, ("h",), ("a", "h")

    def __init__(self, input_size: int, size: int, *, activation: Literal["tanh", "relu"] = "tanh") -> None:
        super().__init__(input_size, size)
        self.activation = self.kind = activation

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Advance one step: x [batch, input], h [batch, hidden] -> h' [batch, hidden]."""
        if (done := step(self, f"rnn_{self.activation}", x, state)) is not None:
            return done
        a = probe("a", linear(x, self.w_ih, self.b_ih) + linear(recalled(state), self.w_hh, self.b_hh))
        h = probe("h", a.tanh() if self.activation == "tanh" else a.relu())
        return h, {"h": h}

    def scan(self, x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Run a fused kernel, ours or torch's, over x [batch, time, input]; outputs on padding are not meaningful."""
        done = self.sweep(x, mask, state, reverse=False)
        if done is not None:
            return done
        kernel = torch.rnn_tanh if self.activation == "tanh" else torch.rnn_relu
        start: Tensor = state["h"]
        outputs, _ = kernel(x, start.to(x.dtype).unsqueeze(0), self.weights(), True, 1, 0.0, self.training, False, True)
        return outputs, {"h": last(outputs, mask, start)}
