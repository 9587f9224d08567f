"""Language: how surprised a model is by a text, per token and, comparable between tokenizers, per character."""

import math
from typing import ClassVar

from seqloom.errors import InputError


class Language:
    """Nats per token, perplexity and bits per character.

    nats = sum of -ln p(token) / tokens      perplexity = exp(nats)      bits = sum of -log2 p / characters
    """

    higher: ClassVar = {"nats": False, "perplexity": False, "bits": False}

    def __init__(self) -> None:
        self.total = 0.0
        self.tokens = 0
        self.characters = 0

    def add(self, nats: float, tokens: int, characters: int = 0) -> None:
        """Count a piece of text: the sum of -ln p over its tokens, and how many tokens and characters it has."""
        self.total += float(nats)
        self.tokens += tokens
        self.characters += characters

    def result(self) -> dict[str, float]:
        """Return nats, perplexity (infinite past e^709) and, where characters were counted, bits.

        Raises InputError where no token was counted.
        """
        if not self.tokens:
            raise InputError("there is nothing to measure: no token was scored.")
        nats = self.total / self.tokens
        values = {"nats": nats, "perplexity": math.exp(nats) if nats < 709 else math.inf}
        if self.characters:
            values["bits"] = self.total / math.log(2) / self.characters
        return values
