"""Numbers as points: one value each, and no distribution."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bound
from torch import Tensor

from seqloom.errors import InputError
from seqloom.heads.numbers import NumberHead, NumberShape, Reads
from seqloom.table import Share


class PointHead(NumberHead):
    """One value, learned by an error that is not in nats but in units of the series.

        mae    |y - f|           its best f is the median
        mse    (y - f)^2         the mean
        huber  (y - f)^2 / 2 where |y - f| <= delta, else delta (|y - f| - delta / 2)     Huber 1964, equation 2.1

    delta  where huber turns from a square to a line, in units of the series
    """

    def __init__(
        self,
        size: int,
        shape: NumberShape,
        *,
        reads: Reads = "summary",
        dropout: Share = 0.0,
        loss: Literal["mae", "mse", "huber"] = "mse",
        delta: Annotated[float, Bound(gt=0)] = 1.0,
    ) -> None:
        super().__init__(size, shape, torch.zeros(1), reads, dropout)
        self.error, self.delta = loss, delta

    def told(self, raw: Tensor, center: Tensor, spread: Tensor) -> Tensor:
        """Bring values back to their units: [..., channels, 1]."""
        return raw * spread.unsqueeze(-1) + center.unsqueeze(-1)

    def each(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Return the error of each value."""
        error = (outputs.squeeze(-1) - wanted).abs()
        if self.error == "mae":
            return error
        if self.error == "mse":
            return error.square()
        return torch.where(error <= self.delta, error.square() / 2, self.delta * (error - self.delta / 2))

    def point(self, outputs: Tensor) -> Tensor:
        """Return the value."""
        return outputs.squeeze(-1)

    def at(self, outputs: Tensor, levels: Tensor) -> Tensor:
        """Raise InputError."""
        raise InputError(
            "a head of kind point tells one value and nothing of how far off it may be: for intervals and sample paths "
            "train with a head of kind quantiles, normal or student."
        )
