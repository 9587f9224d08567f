"""What is translated in the decoding tables, and by models of what sizes; nothing here imports a framework."""

import random
from dataclasses import dataclass

LENGTH = 30
"""Tokens written to every sentence, its end among them, so that all do the same work."""
PAD, BOS, EOS = 0, 1, 2


@dataclass(frozen=True)
class Shape:
    """Sizes of a Transformer of as many encoder as decoder layers; `vocabulary` tokens a side."""

    size: int
    heads: int
    layers: int
    inner: int
    vocabulary: int


SHAPES = {"small": Shape(256, 4, 3, 1024, 8000), "base": Shape(512, 8, 6, 2048, 32000)}


def sources(count: int) -> list[list[int]]:
    """Return sentences of 10 to 30 ids, EOS at the end; the first has 20."""
    chosen = random.Random(3)
    lengths = [20, *(chosen.randint(10, 30) for _ in range(count - 1))]
    return [[*(chosen.randrange(5, 8000) for _ in range(length - 1)), EOS] for length in lengths]


def padded(rows: list[list[int]]) -> list[list[int]]:
    """Return rows of one length: zeros behind the shorter ones."""
    longest = max(map(len, rows))
    return [row + [PAD] * (longest - len(row)) for row in rows]
