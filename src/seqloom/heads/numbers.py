"""The contract of a head that tells numbers: a value, or a distribution, for each step to come and each channel.

    direct     the memory, read as a whole, tells all steps at once           -> [batch, horizon, channels, parameters]
    aligned    reads = steps: every step tells the `horizon` values after it  -> [batch, time, horizon, channels, ...]
    sequence   after a decoder: each hidden vector tells its own step         -> [batch, horizon, channels, parameters]

Aligned forecasts are the forking sequences of Wen et al. 2017 (MQ-RNN, arXiv:1711.11053, section 3.3). What is known
of the steps to come enters as it does there, through a network that all steps share (equation 2): for step k

    o_k = W_k h + V tanh(U [h; x_k] + b)

Outputs are the parameters of the distribution in the series' own units: what is told of a normalised window is brought
back by `memory.scale`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as drop_out
from torch.nn.functional import softplus

from seqloom.batch import Field
from seqloom.errors import InputError
from seqloom.heads.head import Head
from seqloom.heads.reading import read, scorer
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Share

FLOOR = 1e-4
"""The least width of a distribution, as a share of the spread of what it is told of."""


@dataclass(frozen=True)
class NumberShape:
    """What numbers a head tells.

    horizon   steps told at once (from a summary, or at every step)
    channels  series told at each step
    known     covariates known of each step to come, 0 where there are none
    written   a decoder stands before the head and each of its hidden vectors tells one step; it has heard what is known
    """

    horizon: int = 1
    channels: int = 1
    known: int = 0
    written: bool = False


class NumberHead(Head):
    """Tells `parameters` numbers for each value: those of its kind of distribution.

    reads  what of the memory: its summary, the mean, the maximum or an attention-weighted mean of its steps, or every
           step by itself; a head after a decoder reads what the decoder gives
    """

    count_of: ClassVar[int]
    """How many parameters a value has; a head whose options decide sets it before `super().__init__`."""

    def __init__(
        self,
        size: int,
        shape: NumberShape,
        *,
        reads: Literal["summary", "steps", "mean", "max", "attention"] = "summary",
        dropout: Share = 0.0,
    ) -> None:
        super().__init__()
        self.shape, self.reads, self.drop = shape, reads, dropout
        one = shape.channels * self.parameters_of_one()
        steps = 1 if shape.written else shape.horizon
        self.score = None if shape.written else scorer(size, reads)
        self.out = nn.Linear(size, steps * one)
        self.mix = self.local = None
        parts = [self.out]
        if shape.known and not shape.written:
            self.mix = nn.Linear(size + shape.known, size)
            self.local = nn.Linear(size, one, bias=False)
            parts += [self.mix, self.local]
        for part in parts:
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        with torch.no_grad():
            self.out.bias.view(steps, shape.channels, -1).copy_(self.first())
