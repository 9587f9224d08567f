"""Tokens: the share that is told right from the true ones before it (teacher forcing)."""

from typing import ClassVar

import torch
from torch import Tensor


class Tokens:
    """token_accuracy = tokens that are the likeliest / tokens; of no tokens it is 0."""

    higher: ClassVar = {"token_accuracy": True}

    def __init__(self) -> None:
        self._right = self._tokens = 0

    def add(self, likeliest: Tensor, true: Tensor, mask: Tensor) -> None:
        """Count ids [batch, time] where `mask` is True."""
        self._right += int(((likeliest == true) & mask).sum())
        self._tokens += int(torch.count_nonzero(mask))

    def result(self) -> dict[str, float]:
        """Return token_accuracy."""
        return {"token_accuracy": self._right / max(self._tokens, 1)}
