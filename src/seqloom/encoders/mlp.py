"""The multilayer perceptron: each input to one output by itself, the course's one-to-one. A baseline."""

from typing import Literal

from torch import Tensor, nn

from seqloom.encoders.bag import running_mean
from seqloom.encoders.encoder import Encoder
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class MLP(Encoder):
    """`layers` of size `size` at each step alone; the summary is the mean over steps, blind to order."""

    causal = True

    def __init__(
        self,
        input_size: int,
        *,
        size: Count = 128,
        layers: Count = 2,
        dropout: Share = 0.0,
        activation: Literal["relu", "tanh"] = "relu",
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for layer in range(layers):
            linear = nn.Linear(size if layer else input_size, size)
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)
            parts += [linear, nn.ReLU() if activation == "relu" else nn.Tanh(), nn.Dropout(dropout)]
        self.net = nn.Sequential(*parts)
        self.output_size = size

    def forward(self, x: Tensor, mask: Tensor, state: State | None = None) -> tuple[Memory, State]:
        """Read x [batch, time, input] -> outputs [batch, time, size]; the State holds the sum and count so far."""
        outputs = self.net(x).masked_fill(~mask.unsqueeze(-1), 0)
        return running_mean(outputs, mask, state)
