"""Ratios of counts where nothing of nothing is 0, the convention of every value in this folder."""

import torch
from torch import Tensor


def ratio(part: Tensor, whole: Tensor) -> Tensor:
    """Divide counts in float64; 0 / 0 is 0."""
    part, whole = part.double(), whole.double()
    return torch.where(whole == 0, 0.0, part / whole.where(whole != 0, torch.ones_like(whole)))


def f1(right: Tensor, predicted: Tensor, present: Tensor) -> Tensor:
    """Return F1 = 2 right / (predicted + present), the harmonic mean of precision and recall; 0 where all are 0."""
    return ratio(2 * right, predicted + present)
