"""Numbers as Student's t distributions: wide tails, so that an outlier costs little."""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

from seqloom.heads.numbers import FLOOR, NumberHead, NumberShape, Reads, inverse_softplus
from seqloom.ops import student
from seqloom.table import Share

LEAST = 2.0
"""Above as many degrees of freedom there is a variance."""


class StudentHead(NumberHead):
    """Center, scale and degrees of freedom of each value.

        s = softplus(o) + FLOOR                  starts at 1 spread
        v = 2 + FLOOR + softplus(o)              starts at 10
        loss = ln s + ln(v pi) / 2 + lnGamma(v/2) - lnGamma((v+1)/2) + (v+1)/2 ln(1 + z^2 / v),  z = (y - mu) / s

    The loss is in nats. The standard deviation is s sqrt(v / (v - 2)).
    """

    def __init__(self, size: int, shape: NumberShape, *, reads: Reads = "summary", dropout: Share = 0.0) -> None:
        start = inverse_softplus(torch.tensor([1 - FLOOR, 10 - LEAST - FLOOR]))
        super().__init__(size, shape, torch.cat([torch.zeros(1), start]), reads, dropout)

    def told(self, raw: Tensor, center: Tensor, spread: Tensor) -> Tensor:
        """Return center, scale and degrees of freedom: [..., channels, 3]."""
        mean, width, freedom = raw.unbind(-1)
        s = (softplus(width) + FLOOR) * spread
        return torch.stack([mean * spread + center, s, LEAST + FLOOR + softplus(freedom)], -1)

    def each(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Return -ln of the density."""
        mean, s, v = outputs.unbind(-1)
        z = (wanted - mean) / s
        constant = (v.log() + math.log(math.pi)) / 2 + torch.lgamma(v / 2) - torch.lgamma((v + 1) / 2)
        return s.log() + constant + (v + 1) / 2 * torch.log1p(z.square() / v)

    def point(self, outputs: Tensor) -> Tensor:
        """Return the center, which is mean and median."""
        return outputs[..., 0]

    def at(self, outputs: Tensor, levels: Tensor) -> Tensor:
        """Return center + s t, t the quantile of the standard distribution."""
        mean, s, v = outputs.unbind(-1)
        return mean + s * student.quantile(levels, v).to(outputs.dtype)
