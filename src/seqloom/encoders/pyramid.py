"""The pyramid: layers in both directions, each reading the one below two steps at a time.

Chan et al. 2016, "Listen, Attend and Spell" (arXiv:1508.01211, section 3.1): h_i^j = BLSTM(h_{i-1}^j, [h_{2i}^{j-1},
h_{2i+1}^{j-1}]). Sound has a hundred frames a second and a text some ten letters, so that a decoder attends to an
eighth of the steps and remembers over an eighth of the way.
"""

from torch import Tensor, nn
from torch.nn.functional import dropout as drop_out
from torch.nn.functional import pad

from seqloom.cells import CELLS
from seqloom.encoders.encoder import Encoder
from seqloom.layers.stack import RecurrentStack
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class Pyramid(Encoder):
    """`layers` of a cell of width `size` in both directions: the bottom one reads every step, each above it two
    outputs joined, so that 2^(layers - 1) steps become one. A last step without its pair is joined to zeros.

    cell  a name of CELLS
    dropout is between layers
    """

    causal = False

    def __init__(
        self, input_size: int, *, size: Count = 128, layers: Count = 3, cell: str = "lstm", dropout: Share = 0.0
    ) -> None:
        super().__init__()
        kind = CELLS[cell]
        self.drop, self.output_size = dropout, 2 * size
        self.layers = nn.ModuleList(
            RecurrentStack(kind, 4 * size if layer else input_size, size, 1, "both", 0.0, "step", 0.0, False, "zero")
            for layer in range(layers)
        )

    def forward(self, x: Tensor, mask: Tensor, state: State | None = None) -> tuple[Memory, State]:
        """Read x [batch, time, input] -> outputs [batch, ceil(time / 2^(layers - 1)), 2 * size]; takes no State."""
        self.refuse_state(state, "it reads in both directions")
        ends: State = {}
        for layer, stack in enumerate(self.layers):
            if layer:
                x, mask = _paired(drop_out(x, self.drop, self.training), mask)
            x, ends = stack(x, mask, None)
        top: RecurrentStack = self.layers[-1]  # type: ignore[assignment]
        return Memory(x, mask, top.top(ends)), {}

    def count(self, steps: int) -> int:
        """Return how many steps are left of so many."""
        return -(-steps // 2 ** (len(self.layers) - 1))


def _paired(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Join steps two by two: x [batch, time, size] -> [batch, ceil(time / 2), 2 * size]. Padding holds zeros."""
    odd = x.shape[1] % 2
    x, mask = pad(x, (0, 0, 0, odd)), pad(mask, (0, odd))
    return x.reshape(x.shape[0], -1, 2 * x.shape[2]), mask[:, ::2]
