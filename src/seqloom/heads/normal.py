"""Numbers as normal distributions."""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

from seqloom.heads.numbers import FLOOR, NumberHead, NumberShape, Reads, inverse_softplus
from seqloom.table import Share


class NormalHead(NumberHead):
    """Mean and standard deviation of each value (as DeepAR has them: Salinas et al. 2017, arXiv:1704.04110, eq. 3).

    sigma = softplus(o) + FLOOR              starts at 1 spread
    loss  = z^2 / 2 + ln sigma + ln(2 pi) / 2,  z = (y - mu) / sigma          in nats
    """

    def __init__(self, size: int, shape: NumberShape, *, reads: Reads = "summary", dropout: Share = 0.0) -> None:
        first = torch.tensor([0.0, inverse_softplus(torch.tensor(1 - FLOOR)).item()])
        super().__init__(size, shape, first, reads, dropout)

    def told(self, raw: Tensor, center: Tensor, spread: Tensor) -> Tensor:
        """Return mean and deviation: [..., channels, 2]."""
        mean, width = raw.unbind(-1)
        return torch.stack([mean * spread + center, (softplus(width) + FLOOR) * spread], -1)

    def each(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Return -ln of the density."""
        mean, sigma = outputs.unbind(-1)
        return ((wanted - mean) / sigma).square() / 2 + sigma.log() + math.log(2 * math.pi) / 2

    def point(self, outputs: Tensor) -> Tensor:
        """Return the mean."""
        return outputs[..., 0]

    def at(self, outputs: Tensor, levels: Tensor) -> Tensor:
        """Return mean + sigma z, z the quantile of the standard normal distribution."""
        mean, sigma = outputs.unbind(-1)
        return mean + sigma * torch.special.ndtri(levels.double()).to(outputs.dtype)
