"""How long the rows of a ragged batch are, the same on every side."""

import random


def lengths(batch: int, shortest: int, longest: int) -> list[int]:
    """Return a length for each row, evenly drawn; the first row has the longest."""
    chosen = random.Random(5)
    return [longest, *(chosen.randint(shortest, longest) for _ in range(batch - 1))]
