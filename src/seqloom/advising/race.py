"""The race: contestants take turns, rung after rung, until the time is over or all have learnt what they can."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.advising.contestant import Contestant
from seqloom.advising.halving import Entry, choice, fields, ranked, survivors
from seqloom.advising.judging import Judge
from seqloom.errors import InputError
from seqloom.tasks.task import Say

BLIND = ("bag", "mlp")
"""Architectures to which the order of their inputs is nothing."""
LOOKS = 4
"""Looks at a contestant in a rung, where there is time for as many."""
LOOKING = 0.3
"""Share of a turn that looks may take together, the one at its end apart."""
TRAINING = 0.4
"""Share of a turn that is training at least."""


@dataclass(frozen=True)
class Rung:
    """Who was in a rung, how long each trained in it, and who was let go at its end."""

    archs: tuple[str, ...]
    seconds: float
    out: tuple[str, ...]


def entry(one: Contestant) -> Entry:
    """Return how a contestant stands."""
    if one.best is None or one.failed is not None:
        return Entry(one.name, math.nan, math.inf, one.cost)
    return Entry(one.name, one.best.value, one.best.error, one.cost, one.best.loss)


def run(contestants: Sequence[Contestant], judge: Judge, deadline: float, say: Say) -> tuple[list[Rung], Contestant]:
    """Let contestants race until `deadline` (of `time.perf_counter`); return the rungs and the winner.

    Raises InputError where all fail.
    """
    field, rungs = list(contestants), list[Rung]()
    sizes = fields(len(field))
    for number in range(len(sizes)):
        racing = [one for one in field if one.failed is None and not one.settled]
        share = max(0.0, deadline - time.perf_counter()) / (len(sizes) - number)
        seconds, looks = turn(share / max(len(racing), 1), max((one.look_seconds for one in racing), default=0.0))
        for one in field:
            one.rung = number + 1
        for one in racing:
            one.advance(seconds, looks, judge)
        whole = [one for one in field if one.failed is None and one.best is not None]
        if not whole:
            raise InputError(f"no architecture could be trained; {field[0].name}: {field[0].failed}")
        assert judge.measure is not None
        higher, entries = judge.measure.higher, [entry(one) for one in whole]
        last = number + 1 == len(sizes)
        names = {one.name for one in (entries if last else survivors(entries, sizes[number + 1], higher, BLIND))}
        gone = [one for one in field if one.name not in names]
        for one in gone:
            one.close()
        rungs.append(Rung(tuple(one.name for one in field), seconds, tuple(one.name for one in gone)))
        best = ranked(entries, higher)[0]
        count = len(rungs[-1].archs)
        say(f"rung {number + 1} of {len(sizes)}: {count} architectures, {seconds:.1f} s each; {best.name} leads")
        field = [one for one in whole if one.name in names]
    assert judge.measure is not None
    chosen = choice([entry(one) for one in field], judge.measure.higher)
    return rungs, next(one for one in field if one.name == chosen.name)


def turn(seconds: float, look: float) -> tuple[float, int]:
    """Return how long to train in a turn of so many seconds, and how often to look, where a look takes `look`."""
    looks = LOOKS if look <= 0 else min(LOOKS, max(1, int(LOOKING * seconds / look)))
    return max(seconds - looks * look, TRAINING * seconds), looks
