"""Pool a sequence into one vector a row, padding left out; a row with no valid step gives zeros."""

import torch
from torch import Tensor


def mean(x: Tensor, mask: Tensor) -> Tensor:
    """Average the valid steps: x [batch, time, size], mask [batch, time] -> [batch, size]."""
    weights = mask.to(x.dtype)
    return (x * weights.unsqueeze(-1)).sum(1) / weights.sum(1, keepdim=True).clamp(min=1)


def maximum(x: Tensor, mask: Tensor) -> Tensor:
    """Take the largest value of each feature over the valid steps: [batch, time, size] -> [batch, size]."""
    if x.shape[1] == 0:
        return x.new_zeros(x.shape[0], x.shape[2])
    lowest = torch.finfo(x.dtype).min
    top = x.masked_fill(~mask.unsqueeze(-1), lowest).amax(1)
    return torch.where(mask.any(1, keepdim=True), top, torch.zeros_like(top))


def attention(x: Tensor, mask: Tensor, score: Tensor) -> Tensor:
    """Average the valid steps by the softmax of `score` [batch, time]: [batch, time, size] -> [batch, size]."""
    lowest = torch.finfo(score.dtype).min
    weights = score.masked_fill(~mask, lowest).softmax(-1) * mask.to(score.dtype)
    return (weights.unsqueeze(-1) * x).sum(1)
