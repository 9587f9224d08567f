"""The minimal gated unit."""

from torch import Tensor
from torch.nn.functional import linear

from seqloom.cells.cell import Gated, recalled
from seqloom.state import State
from seqloom.tape import probe


class MGU(Gated):
    """Minimal gated unit (Zhou et al. 2016, arXiv:1603.09420): one gate updates and resets.

    z = sigmoid(W_z x + U_z h)               z = 1 keeps the past; the paper's f is 1 - z
    n = tanh(W_n x + U_n ((1 - z) * h))
    h' = (1 - z) * n + z * h
    """

    gates, parts, probes = 2, ("h",), ("z", "n", "h")

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Advance one step: x [batch, input], h [batch, hidden] -> h' [batch, hidden]."""
        h = recalled(state)
        x_z, x_n = linear(x, self.w_ih, self.b_ih).chunk(2, -1)
        (u_z, u_n), (c_z, c_n) = self.w_hh.chunk(2), self.b_hh.chunk(2)
        z = probe("z", (x_z + linear(h, u_z, c_z)).sigmoid())
        n = probe("n", (x_n + linear((1 - z) * h, u_n, c_n)).tanh())
        new = probe("h", (1 - z) * n + z * state["h"])
        return new, {"h": new}
