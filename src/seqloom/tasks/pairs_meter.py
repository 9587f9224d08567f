"""The meter of pair tasks: nats and accuracy a token, given the true ones before it."""

from typing import Any

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.metrics.language import Language
from seqloom.metrics.tokens import Tokens
from seqloom.tasks.task import Losses


class PairsMeter:
    """Count a pass over pairs for one head that writes tokens."""

    def __init__(self, name: str = "words") -> None:
        self._name = name
        self._language, self._tokens = Language(), Tokens()

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch."""
        target = batch.target[self._name]
        mask = torch.ones_like(target.values, dtype=torch.bool) if target.mask is None else target.mask
        total, count = losses[self._name]
        self._language.add(float(total), int(count))
        self._tokens.add(outputs[self._name].argmax(-1), target.values, mask)

    def result(self) -> dict[str, float]:
        """Return loss (nats a token), perplexity and token accuracy."""
        values = self._language.result()
        return {"loss": values["nats"], "perplexity": values["perplexity"], **self._tokens.result()}

    def details(self) -> dict[str, Any]:
        """Return nothing more."""
        return {}
