"""Order of a text: how many nats a token costs by how many tokens before it are known.

Counts of runs of tokens, each order mixed with the one below as Witten & Bell (1991) have it; the last tenth is
scored. The same text with the tokens of each window shuffled costs what its tokens alone cost.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.checking.kernels import Floats, Ints
from seqloom.checking.order import interval

TOKENS = 300_000
"""Tokens that are looked at, from the beginning."""
MOST = 5
"""Tokens before that are looked at."""
BLOCK = 200
"""Tokens that count as one for the interval: neighbours are alike. Of a short text they are fewer."""
BLOCKS = 10
HELD = 0.1


@dataclass(frozen=True)
class Contexts:
    """What knowing what comes before is worth.

    tokens    that were scored
    nats      a token, where 0, 1, 2 ... tokens before it are known
    shuffled  nats a token after shuffling, with as many known as cost least in order
    drop      nats a token that shuffling costs, with its 95 % interval over blocks
    """

    tokens: int
    nats: list[float]
    shuffled: float
    drop: tuple[float, float, float]

    @property
    def reach(self) -> int:
        """How many tokens before are worth knowing to a model that counts: with them it costs least."""
        return int(np.argmin(self.nats))

    @property
    def shown(self) -> bool:
        """Whether a use of order is shown."""
        return self.drop[1] > 0


def of_text(ids: NDArray[np.integer], size: int, window: int, seed: int = 0) -> Contexts:
    """Return what order is worth in a text of ids below `size`, shuffled within windows of so many tokens."""
    known: Ints = np.asarray(ids[:TOKENS], np.int64)
    row = np.arange(len(known)) // window
    mixed = known[np.lexsort((np.random.default_rng(seed).random(len(known)), row))]
    costs, other = costs_of(known, size), costs_of(mixed, size)
    nats = [float(one.mean()) for one in costs]
    best = int(np.argmin(nats))
    held = len(costs[best])
    drop = interval(other[best] - costs[best], np.arange(held) // max(1, min(BLOCK, held // BLOCKS)))
    return Contexts(held, nats, float(other[best].mean()), drop)


def costs_of(ids: Ints, size: int) -> list[Floats]:
    """Return by how many tokens are known before, 0 to MOST, the nats of each token of the last tenth [tokens]."""
    held = max(1, round(len(ids) * HELD))
    end = len(ids) - held
    share = np.full(held, 1 / size)
    found = []
    code = np.zeros(len(ids), np.uint64)  # of the tokens before each
    for known in range(MOST + 1):
        if known:
            before = np.r_[np.zeros(known, np.int64), ids[:-known]]
            code = code * np.uint64(0x9E3779B97F4A7C15) + before.astype(np.uint64) + np.uint64(known)
            code ^= code >> np.uint64(32)
        both = (code ^ np.uint64(0xD6E8FEB86659FD93)) * np.uint64(0xBF58476D1CE4E5B9) + ids.astype(np.uint64)
        contexts, seen = np.unique(code[:end], return_counts=True)
        runs, first, times = np.unique(both[:end], return_index=True, return_counts=True)
        kinds = np.bincount(np.searchsorted(contexts, code[:end][first]), minlength=len(contexts))
        here, there = _found(contexts, code[end:]), _found(runs, both[end:])
        count = np.where(here >= 0, seen[here], 0)
        kind = np.where(here >= 0, kinds[here], 1)
        share = (np.where(there >= 0, times[there], 0) + kind * share) / (count + kind)
        found.append(-np.log(share))
    return found


def _found(known: NDArray[np.uint64], asked: NDArray[np.uint64]) -> Ints:
    """Return the place of each asked value among known ones in order, -1 for one that is not there."""
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, place, -1)
