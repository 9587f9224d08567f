"""Samples: answers drawn from a model instead of searched for, each from random numbers of its own."""

import hashlib
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from seqloom.decoding.sampling import draw, shaped
from seqloom.decoding.search import Choice
from seqloom.decoding.settings import Settings


class Samples:
    """Draws one continuation of each row.

    The numbers behind an answer follow from the seed and from the number of its row alone, so that it does not matter
    which rows are decoded together, nor on which device.
    """

    def __init__(self, settings: Settings, limits: Sequence[int], numbers: Sequence[int]) -> None:
        self._settings = settings
        self._drawn = torch.zeros(len(limits), settings.samples, max(limits), dtype=torch.float64)
        for row, (limit, number) in enumerate(zip(limits, numbers, strict=True)):
            digest = hashlib.sha256(f"{settings.seed} {number}".encode()).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "little"))
            drawn = torch.rand(settings.samples, limit, dtype=torch.float64, generator=generator)
            self._drawn[row, :, :limit] = drawn
        self._drawn = self._drawn.flatten(0, 1)  # [rows, time]

    def pick(self, allowed: Tensor, norm: Tensor, total: Tensor, owner: Tensor) -> Choice:
        """Draw from logits [rows, vocabulary] after temperature, top-k, top-p and min-p."""
        asked = self._settings
        stuck = allowed.max(1).values == -math.inf
        parent = (~stuck).nonzero().squeeze(1)
        scores = allowed[parent].to("cpu", torch.float64)
        scores = shaped(scores, asked.temperature, asked.top_k, asked.top_p, asked.min_p)
        token = draw(scores, self._drawn[parent.cpu(), 0])
        return Choice(parent, token.to(allowed.device), stuck)

    def follow(self, index: Tensor, finished: Tensor) -> None:
        """Keep the numbers of the rows that go on."""
        self._drawn = self._drawn[index.cpu(), 1:]
