"""Reversible instance normalisation: every window by its own mean and deviation, and forecasts back by the same.

Kim et al. 2022, "Reversible Instance Normalization for Accurate Time-Series Forecasting against Distribution Shift"
(ICLR). Departures: the learned weight is exp of a parameter, so that it can always be divided by, and a window whose
values are all the same has the spread 1 instead of the square root of a small constant, so that forecasts of
a * x + b are those of x times a plus b, exactly.
"""

import torch
from torch import Tensor, nn

SAME = 1e-6
"""A deviation of less than this share of the mean is rounding."""


class RevIN(nn.Module):
    """Normalise the first `channels` features of a window; with a learned weight and bias for each channel.

    flags  the next `channels` features say 1 where a value was observed and 0 where none was
    """

    def __init__(self, channels: int, flags: bool = False) -> None:
        super().__init__()
        self.channels, self.flags = channels, flags
        self.log_weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def measure(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return center and spread, each [batch, channels], of values [batch, time, features] under mask [batch, time].

        The weight and bias are in them: normal = (value - center) / spread, and back.
        """
        x, seen = values[..., : self.channels], self._seen(values, mask)
        count = seen.sum(1).clamp(min=1)
        mean = (x * seen).sum(1) / count
        variance = ((x - mean.unsqueeze(1)) * seen).square().sum(1) / count
        differs = variance > (SAME * mean).square()
        spread = torch.where(differs, variance, torch.ones_like(variance)).sqrt() / self.log_weight.exp()
        return mean - self.bias * spread, spread

    def apply_to(self, values: Tensor, scale: tuple[Tensor, Tensor], flags: bool = False) -> Tensor:
        """Return values [batch, time, features] with their channels normalised; the other features stay.

        Where the values have `flags`, one that was not observed is 0 after it, as before.
        """
        center, spread = (one.unsqueeze(1) for one in scale)
        x = (values[..., : self.channels] - center) / spread
        if flags:
            x = x * values[..., self.channels : 2 * self.channels]
        return torch.cat([x, values[..., self.channels :]], -1)

    def _seen(self, values: Tensor, mask: Tensor) -> Tensor:
        seen = mask.unsqueeze(-1).to(values.dtype)
        if self.flags:
            return seen * values[..., self.channels : 2 * self.channels]
        return seen.expand(-1, -1, self.channels)
