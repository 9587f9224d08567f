"""Numbers as quantiles: no family of distributions is assumed."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

from seqloom.errors import InputError
from seqloom.heads.numbers import NumberHead, NumberShape, Reads, inverse_softplus
from seqloom.table import Share

DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class QuantilesHead(NumberHead):
    """The quantiles of some levels (as MQ-RNN: Wen et al. 2017, arXiv:1711.11053, section 3.1).

    They cannot cross: the one nearest the median is told as it is, and every other as the one before it, away from the
    median, and a softplus further. They start at those of a standard normal distribution.

        loss = sum over levels a of max(a (y - q_a), (a - 1) (y - q_a)) / levels       the pinball loss, in units

    levels  above 0 and below 1, rising, on both sides of 0.5 or with 0.5 among them. Between levels, and beyond the
            last ones, quantiles are taken to be linear in the normal score of the level
    """

    def __init__(
        self,
        size: int,
        shape: NumberShape,
        *,
        reads: Reads = "summary",
        dropout: Share = 0.0,
        levels: Sequence[float] = DECILES,
    ) -> None:
        given = torch.tensor(list(levels), dtype=torch.float64)
        if not len(given) or given[0] <= 0 or given[-1] >= 1 or bool((given.diff() <= 0).any()):
            raise InputError(
                f"levels={list(levels)} cannot be used: they must rise, above 0 and below 1, as [0.1, 0.5, 0.9]."
            )
        if given[0] > 0.5 or given[-1] < 0.5:
            raise InputError(
                f"levels={list(levels)} cannot be used: the median is the point that is told, and all of these lie on "
                "one side of 0.5."
            )
        scores = torch.special.ndtri(given)
        middle = int((given - 0.5).abs().argmin())
        gaps = inverse_softplus(scores.diff())
        first = torch.cat([gaps[:middle], scores[middle : middle + 1], gaps[middle:]]).float()
        super().__init__(size, shape, first, reads, dropout)
        self.levels, self.middle = tuple(given.tolist()), middle

    def told(self, raw: Tensor, center: Tensor, spread: Tensor) -> Tensor:
        """Return the quantiles, rising: [..., channels, levels]."""
        middle = raw[..., self.middle : self.middle + 1]
        gaps = softplus(torch.cat([raw[..., : self.middle], raw[..., self.middle + 1 :]], -1))
        below = gaps[..., : self.middle].flip(-1).cumsum(-1).flip(-1)
        above = gaps[..., self.middle :].cumsum(-1)
        quantiles = torch.cat([middle - below, middle, middle + above], -1)
        return quantiles * spread.unsqueeze(-1) + center.unsqueeze(-1)

    def each(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Return the mean pinball loss over levels."""
        levels = outputs.new_tensor(self.levels)
        error = wanted.unsqueeze(-1) - outputs
        return torch.maximum(levels * error, (levels - 1) * error).mean(-1)

    def point(self, outputs: Tensor) -> Tensor:
        """Return the median."""
        return self.at(outputs, torch.tensor(0.5, dtype=torch.float64, device=outputs.device))

    def at(self, outputs: Tensor, levels: Tensor) -> Tensor:
        """Return quantiles of any levels; one that was learned is what was told of it."""
        known = torch.tensor(self.levels, dtype=torch.float64, device=outputs.device)
        levels = levels.double().expand(outputs.shape[:-1]).contiguous()
        if len(known) == 1:
            return outputs[..., 0]
        upper = torch.searchsorted(known, levels).clamp(1, len(known) - 1)
        low, high = (outputs.gather(-1, k.unsqueeze(-1)).squeeze(-1) for k in (upper - 1, upper))
        scores = torch.special.ndtri(known)
        z = torch.special.ndtri(levels)
        share = ((z - scores[upper - 1]) / (scores[upper] - scores[upper - 1])).to(outputs.dtype)
        return torch.lerp(low, high, share)
