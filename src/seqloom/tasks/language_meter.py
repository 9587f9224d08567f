"""The meter of a language model: nats per token, perplexity, bits per character."""

from typing import Any

from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.vocabulary import Vocabulary
from seqloom.metrics.language import Language
from seqloom.tasks.task import Losses


class TextMeter:
    """Count a pass over a text for one tokens head."""

    def __init__(self, vocabulary: Vocabulary, name: str = "words") -> None:
        self._vocabulary, self._name = vocabulary, name
        self._language = Language()

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch, with the characters that its targets stand for."""
        target = batch.target[self._name]
        ids = target.values if target.mask is None else target.values[target.mask]
        characters = len(self._vocabulary.decode(ids.tolist()))
        total, count = losses[self._name]
        self._language.add(float(total), int(count), characters)

    def result(self) -> dict[str, float]:
        """Return loss (nats per token), perplexity and bits per character."""
        values = self._language.result()
        return {"loss": values["nats"], **values}

    def details(self) -> dict[str, Any]:
        """Return nothing more."""
        return {}
