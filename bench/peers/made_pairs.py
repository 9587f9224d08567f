"""Sentence pairs of made-up ids with the lengths of Multi30k, in batches of little padding: the same on every side."""

import random

PAD, BOS, EOS, FIRST = 0, 1, 2, 5
Row = tuple[list[int], list[int]]


def batches(count: int, rows: int, vocabulary: int) -> list[list[Row]]:
    """Return batches of (source, target) rows: a source ends with EOS, a target begins with BOS and ends with EOS.

    Lengths are normal around 13 words with a deviation of 4, as in Multi30k, the other side's 2 around it; a batch has
    rows of like lengths, as every trainer sorts them.
    """
    chosen = random.Random(1)
    lengths = []
    for _ in range(count * rows):
        source = _near(chosen.gauss(13, 4))
        lengths.append((source, _near(source + chosen.gauss(0, 2))))
    lengths.sort(key=lambda pair: (max(pair), pair[0]))

    def words(length: int) -> list[int]:
        return [chosen.randrange(FIRST, vocabulary) for _ in range(length)]

    made = [([*words(source), EOS], [BOS, *words(target), EOS]) for source, target in lengths]
    cut = [made[start : start + rows] for start in range(0, len(made), rows)]
    chosen.shuffle(cut)
    return cut


def _near(length: float) -> int:
    return min(40, max(4, round(length)))


def padded(rows: list[list[int]]) -> list[list[int]]:
    """Return rows of one length: zeros behind the shorter ones."""
    longest = max(map(len, rows))
    return [row + [PAD] * (longest - len(row)) for row in rows]
