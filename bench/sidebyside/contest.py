"""One row run: all sides build the work, find their best setting, and take turns until enough rounds were quiet."""

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sidebyside.contestant import Contestant, Refusal, Sample
from sidebyside.load import LOUD, Load
from sidebyside.table import Row, Side


@dataclass(frozen=True)
class Manner:
    """How long a row is measured.

    rounds   quiet ones that are wanted; of those that others disturbed, as many more are tried
    least    rounds after which `patience` counts
    patience seconds after which a row ends
    sample   seconds that one turn should take at least: short work is done many times in one
    cpu      seconds of the processor in place of those of the clock, and one thread
    """

    rounds: int = 9
    least: int = 4
    patience: float = 22.0
    sample: float = 0.2
    cpu: bool = False


QUICK = Manner(rounds=3, least=2, patience=6.0, sample=0.05)


def measure(row: Row, sides: Sequence[Contestant], ours: Side, manner: Manner) -> dict[str, Any]:
    """Return a row's record: what each side took, and how many times as fast as it ours is."""
    refused: dict[str, str] = {}
    ready: list[Contestant] = []
    settings: dict[str, Any] = {}
    times: dict[str, int] = {}
    for one in sides:
        try:
            settings[one.name] = _best(one, row, manner)
        except Refusal as why:
            refused[one.name] = str(why)
            continue
        ready.append(one)
        times[one.name] = settings[one.name].pop("times")
    found: dict[str, list[float]] = {one.name: [] for one in ready}
    loads: list[float] = []
    started, number = time.perf_counter(), 0
    while not _enough(loads, number, time.perf_counter() - started, manner):
        load = Load(one.pid for one in ready)
        first = number % len(ready)  # who begins takes turns
        for one in ready[first:] + ready[:first]:
            sample = one.run(times[one.name])
            found[one.name].append(_each(sample, times[one.name], row, one, manner))
        loads.append(load.foreign())
        number += 1
    counted = _counted(loads, manner)
    quiet = {name: [samples[place] for place in counted] for name, samples in found.items()}
    mine = next((one.name for one in ready if one.side is ours), None)
    record: dict[str, Any] = {"row": row.name, "unit": row.unit, "ours": mine, "refused": refused}
    record |= {"rounds": len(counted), "of": number, "foreign": round(statistics.median(loads[k] for k in counted), 3)}
    record["quiet"] = manner.cpu or all(loads[place] < LOUD for place in counted)
    record["sides"] = [
        _side(one, row, quiet, None if mine is None or one.side is ours else mine)
        | {"setting": settings[one.name]["setting"], "tried": settings[one.name]["tried"]}
        for one in ready
    ]
    return record


def _best(one: Contestant, row: Row, manner: Manner) -> dict[str, Any]:
    """Leave a side with its fastest setting built; return which, what was tried, and how often a turn does it."""
    given = [dict(setting) for setting in one.side.settings]
    if manner.cpu:
        given = [setting for setting in given if setting.get("threads", 1) == 1] or [{**given[0], "threads": 1}]
    tried: list[dict[str, Any]] = []
    why: Refusal | None = None
    for setting in given:
        try:
            one.make({**row.work, **setting})
        except Refusal as refused:
            why = refused
            continue
        times = _calibrated(one, manner)
        took = [_each(one.run(times), times, row, one, manner) for _ in range(3 if len(given) > 1 else 0)]
        tried.append({"setting": setting, "seconds": statistics.median(took) if took else None, "times": times})
    if not tried:
        raise why or Refusal("it has no setting")
    best = min(tried, key=lambda trial: trial["seconds"] or 0.0)
    if best is not tried[-1]:
        one.make({**row.work, **best["setting"]})
        one.run(best["times"])
    return {"setting": best["setting"], "times": best["times"], "tried": tried if len(tried) > 1 else []}


def _calibrated(one: Contestant, manner: Manner) -> int:
    """Warm a side up; return how often it must do its work for a turn of `manner.sample` seconds."""
    one.run(1)  # the first one compiles, allocates, packs
    times, took = 1, _seconds(one.run(1), manner)
    while took < manner.sample / 2 and times < 1 << 20:
        times = min(1 << 20, math.ceil(times * min(16.0, manner.sample / max(took, 1e-7))))
        took = _seconds(one.run(times), manner)
    return times


def _seconds(sample: Sample, manner: Manner) -> float:
    return sample.cpu if manner.cpu else sample.seconds


def _each(sample: Sample, times: int, row: Row, one: Contestant, manner: Manner) -> float:
    """Return the seconds of one unit of work. Raises RuntimeError where a side did less or more than it was asked."""
    seconds = _seconds(sample, manner)
    if row.amount is None:
        if not sample.did:
            raise RuntimeError(f"{one.name} does not say how much it did of {row.name}")
        return seconds / sample.did
    if sample.did is not None and sample.did != times * row.amount:
        raise RuntimeError(f"{one.name} did {sample.did / times} {row.unit} of {row.name}, not {row.amount}")
    return seconds / (times * row.amount)


def _enough(loads: Sequence[float], number: int, seconds: float, manner: Manner) -> bool:
    clean = number if manner.cpu else sum(load < LOUD for load in loads)
    if clean >= manner.rounds or number >= 2 * manner.rounds:
        return True
    return seconds > manner.patience and number >= manner.least and (clean >= manner.least or number >= manner.rounds)


def _counted(loads: Sequence[float], manner: Manner) -> list[int]:
    """Return the rounds that count: the quiet ones, or the quietest half where fewer than three were."""
    places = range(len(loads))
    clean = [place for place in places if manner.cpu or loads[place] < LOUD]
    if len(clean) >= min(3, len(loads)):
        return clean
    return sorted(sorted(places, key=lambda place: loads[place])[: max(2, len(loads) // 2)])


def _side(one: Contestant, row: Row, quiet: dict[str, list[float]], ours: str | None) -> dict[str, Any]:
    """Return what a side took, and the ratio to ours with its quartiles and its goal."""
    took = quiet[one.name]
    record: dict[str, Any] = {"side": one.name, "of": one.side.name, "way": one.way, "about": one.about}
    record |= {"seconds": asdict(spread(took)), "samples": took}
    if ours is not None and one.name != ours:
        ratio = spread([theirs / mine for theirs, mine in zip(took, quiet[ours], strict=True)])
        goal = row.goal(one.side.name, one.way)
        record |= {"ratio": asdict(ratio), "goal": goal, "hit": None if goal is None else ratio.median >= goal}
    return record


@dataclass(frozen=True)
class Spread:
    """A median between its quartiles."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles (by linear interpolation) of some values."""
    if len(values) < 2:
        return Spread(values[0], values[0], values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high)
