"""The contract of a head that tells numbers: a value, or a distribution, for each step to come and each channel.

    direct     the memory, read as a whole, tells all steps at once    -> [batch, horizon, channels, parameters]
    aligned    reads = steps: each step read tells the values after it -> [batch, time, horizon, channels, parameters]
    sequence   after a decoder: each hidden vector tells its own step  -> [batch, horizon, channels, parameters]

Aligned forecasts are the forking sequences of Wen et al. 2017 (MQ-RNN, arXiv:1711.11053, section 3.3). What is known
of the steps to come, x_k, enters as it does there, through a small network that all steps share:

    o_k = W_k h + V tanh(U [h; x_k] + b)

Outputs are the parameters of distributions in the series' own units: what is told of a normalised window is brought
back by `memory.scale`, a center and a spread.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as drop_out

from seqloom.batch import Field
from seqloom.errors import InputError
from seqloom.heads.head import Head
from seqloom.heads.reading import read, scorer
from seqloom.memory import Memory
from seqloom.state import State

FLOOR = 1e-4
"""The least width of a distribution, as a share of the spread of the window where there is one, else in units."""
Reads = Literal["summary", "steps", "mean", "max", "attention"]


@dataclass(frozen=True)
class NumberShape:
    """What numbers a head tells.

    horizon   steps told at once, of the whole or at every step read
    channels  series told at each step
    known     covariates known of each step to come, 0 where there are none
    written   a decoder stands before the head: each of its hidden vectors tells one step, and has heard what is known
    """

    horizon: int = 1
    channels: int = 1
    known: int = 0
    written: bool = False


class NumberHead(Head):
    """Tells for each value as many parameters as `first` holds: their start, in units of the spread.

    A kind of head is a file that says how raw numbers become parameters (`told`), what the loss of a value is
    (`each`), and what its distribution's point and quantiles are (`point`, `at`).
    """

    def __init__(self, size: int, shape: NumberShape, first: Tensor, reads: Reads, drop: float) -> None:
        super().__init__()
        self.shape, self.reads, self.drop = shape, reads, drop
        self.parameters_each = len(first)
        steps, one = (1 if shape.written else shape.horizon), shape.channels * len(first)
        self.score = None if shape.written else scorer(size, reads)
        self.out = nn.Linear(size, steps * one)
        self.mix: nn.Linear | None = None
        self.local: nn.Linear | None = None
        if shape.known and not shape.written:
            self.mix = nn.Linear(size + shape.known, size)
            self.local = nn.Linear(size, one, bias=False)
        for part in (self.out, self.mix, self.local):
            if part is not None:
                nn.init.xavier_uniform_(part.weight)
        if self.mix is not None:
            nn.init.zeros_(self.mix.bias)
        with torch.no_grad():
            self.out.bias.copy_(first.repeat(steps * shape.channels))

    def forward(
        self, hidden: Tensor, memory: Memory | None, keys: State | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Return the parameters [batch, horizon, channels, parameters], or [batch, time, horizon, ...] of each step.

        Raises InputError for a head that reads a memory where there is none.
        """
        x = self._read(hidden, memory)
        raw = self.out(drop_out(x, self.drop, self.training))
        if not self.shape.written:
            raw = raw.unflatten(-1, (self.shape.horizon, -1))  # [..., horizon, channels * parameters]
        if self.mix is not None and self.local is not None:
            raw = raw + self.local(drop_out(self._mixed(x, memory), self.drop, self.training))
        raw = raw.unflatten(-1, (self.shape.channels, self.parameters_each))
        raw = raw if raw.dtype == torch.float64 else raw.float()
        if memory is None or memory.scale is None:
            return self.told(raw, raw.new_zeros(1), raw.new_ones(1))
        shape = (len(raw), *[1] * (raw.dim() - 3), -1)  # [batch, 1, ..., channels]
        center, spread = (one.to(raw.dtype).view(shape) for one in memory.scale)
        return self.told(raw, center, spread)

    def _read(self, hidden: Tensor, memory: Memory | None) -> Tensor:
        if self.shape.written or self.reads == "steps":
            return hidden
        if memory is None:
            raise InputError("a head of numbers reads an encoder's memory: give the model an encoder.")
        return read(memory, self.reads, self.score)

    def _mixed(self, x: Tensor, memory: Memory | None) -> Tensor:
        """Return tanh(U [h; x_k] + b) for each step to come: [..., horizon, size]."""
        assert self.mix is not None
        if memory is None or memory.known is None:
            raise InputError(
                f"this head was made for {self.shape.known} covariates known of the steps to come, and there are none."
            )
        wanted = (*x.shape[:-1], self.shape.horizon, self.shape.known)
        if memory.known.shape != wanted:
            raise ValueError(
                f"covariates known of the steps to come are {tuple(memory.known.shape)}, expected {wanted}"
            )
        each = x.unsqueeze(-2).expand(*wanted[:-1], -1)
        mixed: Tensor = self.mix(torch.cat([each, memory.known.to(x.dtype)], -1)).tanh()
        return mixed

    def loss(self, outputs: Tensor, target: Field) -> tuple[Tensor, Tensor]:
        """Return the summed loss of the values [..., channels] that are known, and their number; see `each`.

        NaN is a value not known, and steps outside the mask are none: neither is counted, and neither has a gradient.
        """
        known = _known(target)
        wanted = target.values.to(outputs.dtype)
        if wanted.shape != outputs.shape[:-1]:
            raise ValueError(f"numbers {tuple(wanted.shape)} for outputs of {tuple(outputs.shape[:-1])}")
        safe = torch.where(known, wanted, self.point(outputs).detach())
        return self.each(outputs, safe).masked_fill(~known, 0).sum(), self.count(target)

    def count(self, target: Field) -> Tensor:
        """Return how many values are known."""
        return _known(target).sum().float()

    def told(self, raw: Tensor, center: Tensor, spread: Tensor) -> Tensor:
        """Turn raw numbers [..., channels, parameters] of a normalised window into parameters in its own units.

        center and spread are [batch, 1, ..., channels], or 0 and 1.
        """
        raise TypeError(f"{type(self).__name__} has no told")

    def each(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Return the loss of each value: outputs [..., channels, parameters], wanted [..., channels]."""
        raise TypeError(f"{type(self).__name__} has no each")

    def point(self, outputs: Tensor) -> Tensor:
        """Return the one value that stands for each distribution: [..., channels]."""
        raise TypeError(f"{type(self).__name__} has no point")

    def at(self, outputs: Tensor, levels: Tensor) -> Tensor:
        """Return the quantiles of levels [..., channels] (or what broadcasts to it), inside (0, 1): [..., channels]."""
        raise TypeError(f"{type(self).__name__} has no at")

    def quantile(self, outputs: Tensor, level: float) -> Tensor:
        """Return the value that is not passed with probability `level`: [..., channels].

        Raises InputError for a level outside (0, 1), and of a head that tells points alone.
        """
        if not 0 < level < 1:
            raise InputError(f"level={level} cannot be used: a quantile has a level above 0 and below 1.")
        return self.at(outputs, torch.tensor(level, dtype=torch.float64, device=outputs.device))

    def sample(self, outputs: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Draw a value of each distribution: [..., channels].

        `generator` is one of the CPU, whatever the device, and gives one number a value, of which the value is the
        quantile. Raises InputError of a head that tells points alone.
        """
        drawn = torch.rand(outputs.shape[:-1], dtype=torch.float64, generator=generator)
        return self.at(outputs, inside(drawn).to(outputs.device))


def inside(drawn: Tensor) -> Tensor:
    """Move numbers in [0, 1) to the middle of their step of 2^-53, so that none is 0."""
    return (drawn + 2.0**-54).clamp(max=1 - 2.0**-53)


def inverse_softplus(y: Tensor) -> Tensor:
    """Return x of softplus(x) = y, for y above 0."""
    return y + torch.log(-torch.expm1(-y))


def _known(target: Field) -> Tensor:
    known = ~target.values.isnan()
    if target.mask is None:
        return known
    return known & target.mask.view(*target.mask.shape, *[1] * (known.dim() - 2))
