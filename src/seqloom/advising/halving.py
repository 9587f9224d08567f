"""Successive halving: many on little time, the better ones on more.

Karnin et al. 2013; Jamieson & Talwalkar 2016, arXiv:1502.07943. Every rung has the same time, shared alike by who is
still in it; a third goes on, as Li et al. (2018, arXiv:1603.06560, section 2.3) advise.

Three things are held differently. Who leads is told apart by the one-standard-error rule (Breiman et al. 1984, section
3.4.3): whoever is within one standard error of the best is as good. The cheapest of those always goes on, so that what
costs less is never lost to noise. And one that knows no order goes on beside them to the end, so that what order is
worth is told at equal times.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

KEEP = 3
"""One in so many goes on."""
FINAL = 2
"""How many the last rung holds."""
ALIKE = 1.2
"""Costs that differ by less than this factor are the same: what is left then is which is better."""


@dataclass(frozen=True)
class Entry:
    """A name, how well it does (NaN: worse than all) with the standard error of that, what it costs, and its loss."""

    name: str
    value: float
    error: float
    cost: float
    loss: float = 0.0


def fields(count: int) -> list[int]:
    """Return how many each rung holds: 13 -> [13, 5, 2]."""
    found = [count]
    while found[-1] > FINAL:
        found.append(max(FINAL, -(-found[-1] // KEEP)))
    return found


def most(seconds: float, least: float) -> int:
    """Return how many can race in so much time where each should have `least` seconds in the first rung; two at
    least."""
    count = FINAL
    while seconds / len(fields(count + 1)) / (count + 1) >= least:
        count += 1
    return count


def ranked(entries: Sequence[Entry], higher: bool) -> list[Entry]:
    """Put the best first; of equals that of the lower loss, which moves before F1 leaves 0, and then the cheapest."""

    def key(one: Entry) -> tuple[bool, float, float, float]:
        value = 0.0 if math.isnan(one.value) else one.value
        return math.isnan(one.value), -value if higher else value, one.loss, one.cost

    return sorted(entries, key=key)


def tied(entries: Sequence[Entry], higher: bool) -> list[Entry]:
    """Return the best and whoever is within one standard error of it, the best first."""
    first, *rest = ranked(entries, higher)
    return [first, *(one for one in rest if abs(one.value - first.value) <= first.error)]


def choice(entries: Sequence[Entry], higher: bool) -> Entry:
    """Return the cheapest of those that are as good as the best; of those that cost alike, the best."""
    good = tied(entries, higher)
    least = min(one.cost for one in good)
    return next(one for one in good if one.cost <= ALIKE * least)


def survivors(entries: Sequence[Entry], count: int, higher: bool, yardsticks: Collection[str] = ()) -> list[Entry]:
    """Return the `count` best, of which the last gives way to the choice where that is not among them, and beside them
    the best of the `yardsticks`, against which the others are measured."""
    order = ranked(entries, higher)
    best, chosen = order[:count], choice(entries, higher)
    if chosen not in best:
        best = [*best[:-1], chosen]
    if not any(one.name in yardsticks for one in best):
        best += [one for one in order if one.name in yardsticks][:1]
    return best
