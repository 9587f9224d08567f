"""What a prefix mask allows: turn each row by its own length, take its last valid step."""

import torch
from torch import Tensor


def flip(x: Tensor, mask: Tensor | None) -> Tensor:
    """Turn the valid part of each row around and leave its padding at the end: x [batch, time, ...]."""
    if mask is None:
        return x.flip(1)
    time = torch.arange(x.shape[1], device=x.device).expand(mask.shape)
    lengths = mask.sum(1, keepdim=True)
    index = torch.where(time < lengths, lengths - 1 - time, time)  # [batch, time]
    return x.gather(1, index.view(*index.shape, *[1] * (x.dim() - 2)).expand_as(x))


def last(x: Tensor, mask: Tensor | None, empty: Tensor) -> Tensor:
    """Return each row's last valid step of x [batch, time, size], or `empty` [batch, size] for a row with none."""
    if x.shape[1] == 0:
        return empty
    if mask is None:
        return x[:, -1]
    lengths = mask.sum(1)
    index = (lengths - 1).clamp(min=0).view(-1, 1, 1).expand(-1, 1, x.shape[2])
    return torch.where(lengths.unsqueeze(1) > 0, x.gather(1, index).squeeze(1), empty)
