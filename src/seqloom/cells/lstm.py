"""Long short-term memory."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from seqloom.cells.cell import Gated, recalled
from seqloom.kernels.cell_step import step
from seqloom.ops.lengths import last
from seqloom.state import State
from seqloom.tape import probe

CLOSED = 1e4
"""A gate's input at which a sigmoid is exactly 0 or 1 in every float type."""
WIDE = 640
"""Width from which torch's kernel (oneDNN) is kept for whole batches in float32: at 768 it takes 920 ms for a train
step and ours 960; at 512 it is ours that wins, 408 against 427 ms (T100 B64, one thread)."""


class LSTM(Gated):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate by Gers et al. 2000).

        i = sigmoid(W_i x + U_i h)      input gate
        f = sigmoid(W_f x + U_f h)      forget gate; 1 keeps the past
        g = tanh(W_g x + U_g h)         candidate
        o = sigmoid(W_o x + U_o h)      output gate
        c' = f * c + i * g              h' = o * tanh(c')

    The forget gate's bias starts at `forget_bias` (1: Jozefowicz et al. 2015).
    """

    gates, parts, probes = 4, ("h", "c"), ("i", "f", "g", "o", "c", "h")
    kind = "lstm"

    def __init__(self, input_size: int, size: int, *, forget_bias: float = 1.0) -> None:
        super().__init__(input_size, size)
        nn.init.constant_(self.b_ih.data[size : 2 * size], forget_bias)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Advance one step: x [batch, input], h and c [batch, hidden] -> h' [batch, hidden]."""
        if (done := step(self, "lstm", x, state)) is not None:
            return done
        gates = linear(x, self.w_ih, self.b_ih) + linear(recalled(state), self.w_hh, self.b_hh)
        i, f, g, o = gates.chunk(4, -1)
        i, f, o = probe("i", i.sigmoid()), probe("f", f.sigmoid()), probe("o", o.sigmoid())
        g = probe("g", g.tanh())
        c = probe("c", f * state["c"] + i * g)
        h = probe("h", o * c.tanh())
        return h, {"h": h, "c": c}

    def sweep(self, x: Tensor, mask: Tensor | None, state: State, reverse: bool) -> tuple[Tensor, State] | None:
        """Run the native recurrence, where torch's kernel is not the better one; see Gated."""
        plain = mask is None and not torch.is_autocast_enabled("cpu")
        if plain and self.size >= WIDE and torch.backends.mkldnn.is_available():
            return None
        return super().sweep(x, mask, state, reverse)

    def scan(self, x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Run a fused kernel, ours or torch's, over x [batch, time, input]; outputs on padding are not meaningful.

        Torch's knows no padding and returns only the last c. So padded steps bear a mark in one more input, whose
        fixed weights shut the input gate and open the forget gate: c passes through them unchanged to the last bit.
        """
        done = self.sweep(x, mask, state, reverse=False)
        if done is not None:
            return done
        h: Tensor = state["h"]
        c: Tensor = state["c"]
        w_ih, *rest = self.weights()
        if x.shape[2] != self.input_size or not h.shape == c.shape == (len(x), self.size):  # oneDNN does not look
            raise ValueError(f"x {tuple(x.shape)} and h {tuple(h.shape)}, c {tuple(c.shape)} for {self}")
        if mask is not None:
            x = torch.cat([x, (~mask).to(x.dtype).unsqueeze(-1)], -1)  # [batch, time, input + 1]
            mark = w_ih.new_zeros(4, self.size, 1)
            mark[0], mark[1] = -CLOSED, CLOSED
            w_ih = torch.cat([w_ih, mark.view(-1, 1)], 1)
        start = [h.to(x.dtype).unsqueeze(0), c.to(x.dtype).unsqueeze(0)]
        outputs, _, final = torch.lstm(x, start, [w_ih, *rest], True, 1, 0.0, self.training, False, True)
        return outputs, {"h": last(outputs, mask, h), "c": final.squeeze(0)}
