"""The loss of a choice at every step."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqloom.batch import Field


def wide(outputs: Tensor) -> Tensor:
    """Return scores in at least single precision."""
    return outputs if outputs.dtype == torch.float64 else outputs.float()


def nats(outputs: Tensor, target: Field, smoothing: float) -> Tensor:
    """Return the summed nats of ids target.values [batch, time] where the mask is True; outputs [batch, time, ids]."""
    wanted = target.values if target.mask is None else target.values.masked_fill(~target.mask, -100)
    return cross_entropy(
        wide(outputs).flatten(0, 1), wanted.flatten(), ignore_index=-100, reduction="sum", label_smoothing=smoothing
    )
