"""Balance: how often each label is told, and which labels held-out rows have that training has not."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

RARE = 5
"""Rows below which a label is hardly learnt, and not measured at all."""
SHOWN = 10


@dataclass(frozen=True)
class Balance:
    """The labels of a part.

    labels     how many there are
    most       the most frequent one, and its share: what answering it always would score
    effective  e to the entropy: as many labels of equal share are as hard to guess
    rare       labels of fewer than RARE rows, the rarest first (some);  rares  how many they are
    """

    labels: int
    most: str
    share: float
    effective: float
    rares: int
    rare: list[tuple[str, int]]


def balance(counts: Mapping[str, int]) -> Balance | None:
    """Return the balance of some labels; None where there is none."""
    whole = sum(counts.values())
    if not whole:
        return None
    most = max(sorted(counts), key=lambda name: counts[name])
    entropy = -sum(count / whole * math.log(count / whole) for count in counts.values() if count)
    rare = sorted(((name, count) for name, count in counts.items() if count < RARE), key=lambda one: (one[1], one[0]))
    return Balance(len(counts), most, counts[most] / whole, math.exp(entropy), len(rare), rare[:SHOWN])


def unseen(held: Counter[str], known: Mapping[str, int]) -> dict[str, int]:
    """Return the labels of a part that training has not, with their rows, the most frequent first."""
    return {name: count for name, count in held.most_common() if name not in known}
