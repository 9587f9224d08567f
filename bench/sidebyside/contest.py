"""One row run: all sides build the work, find their best setting, and take turns until enough rounds were quiet."""

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sidebyside.contestant import Contestant, Refusal, Sample
from sidebyside.load import LOUD, Load
from sidebyside.table import Row, Side


@dataclass(frozen=True)
class Manner:
    """How long a row is measured.

    rounds   quiet ones that are wanted; of those that others disturbed, as many more are tried
    least    rounds after which `patience` counts, and a side whose turn takes a tenth of it rests
    patience seconds after which a row ends
    sample   seconds that one turn should take at least: short work is done many times in one
    cpu      seconds of the processor in place of those of the clock, and one thread
    """

    rounds: int = 7
    least: int = 3
    patience: float = 16.0
    sample: float = 0.2
    cpu: bool = False


QUICK = Manner(rounds=3, least=2, patience=6.0, sample=0.05)


def measure(row: Row, sides: Sequence[Contestant], ours: Side, manner: Manner) -> dict[str, Any]:
    """Return a row's record: what each side took, and how many times as fast as it ours is."""
    refused: dict[str, str] = {}
    ready: list[Contestant] = []
    settings: dict[str, Choice] = {}
    for one in sides:
        before = next((settings[other.name] for other in ready if other.side is one.side), None)
        try:
            settings[one.name] = _choose(one, row, manner) if before is None else _take(one, before, row, manner)
        except Refusal as why:
            refused[one.name] = str(why)
            continue
        ready.append(one)
    found: dict[str, list[float | None]] = {one.name: [] for one in ready}
    loads: list[float] = []
    started = time.perf_counter()
    while ready and not _enough(loads, time.perf_counter() - started, manner):
        load, number = Load(one.pid for one in ready), len(loads)
        first = number % len(ready)  # who begins takes turns
        for one in ready[first:] + ready[:first]:
            choice = settings[one.name]
            rests = number >= manner.least and choice.turn > manner.patience / 10
            found[one.name].append(None if rests else _each(one.run(choice.times), choice.times, row, one, manner))
        loads.append(load.foreign())
    counted = _counted(loads, manner)
    mine = next((one.name for one in ready if one.side is ours), None)
    record: dict[str, Any] = {"row": row.name, "unit": row.unit, "ours": mine, "refused": refused}
    record |= {"rounds": len(counted), "of": len(loads)}
    record["foreign"] = round(statistics.median([loads[place] for place in counted] or [0.0]), 3)
    record["quiet"] = manner.cpu or all(loads[place] < LOUD for place in counted)
    compared = None if mine is None else found[mine]
    record["sides"] = [
        _side(one, row, found[one.name], None if one.side is ours else compared, counted)
        | {"setting": settings[one.name].setting, "tried": settings[one.name].tried}
        for one in ready
    ]
    return record


@dataclass(frozen=True)
class Choice:
    """The setting that a side takes part with: how often a turn does its work, how long that takes, what was tried."""

    setting: dict[str, Any]
    times: int
    turn: float
    tried: list[dict[str, Any]]


def _choose(one: Contestant, row: Row, manner: Manner) -> Choice:
    """Try every setting of a side and leave it with the fastest one built.

    A setting that is half as slow again as the best so far is not tried twice.
    """
    given = [dict(setting) for setting in one.side.settings]
    if manner.cpu:
        given = [setting for setting in given if setting.get("threads", 1) == 1] or [{**given[0], "threads": 1}]
    choices: list[Choice] = []
    why: Refusal | None = None
    for setting in given:
        try:
            one.make({**row.work, **setting})
        except Refusal as refused:
            why = refused
            continue
        times, turn = _calibrated(one, manner)
        fastest = min((choice.turn / choice.times for choice in choices), default=math.inf)
        again = len(given) > 1 and turn / times < 1.5 * fastest and turn < manner.patience / 10
        took = [turn, *(_seconds(one.run(times), manner) for _ in range(2 if again else 0))]
        choices.append(Choice(setting, times, statistics.median(took), []))
    if not choices:
        raise why or Refusal("it has no setting")
    best = min(choices, key=lambda choice: choice.turn / choice.times)
    tried = [{"setting": choice.setting, "seconds": choice.turn / choice.times} for choice in choices]
    best = replace(best, tried=tried if len(tried) > 1 else [])
    return best if best.setting == given[-1] else _take(one, best, row, manner)  # the last one tried is still built


def _take(one: Contestant, choice: Choice, row: Row, manner: Manner) -> Choice:
    """Build a setting that was chosen, and warm it up."""
    one.make({**row.work, **choice.setting})
    one.run(1)
    if choice.turn < manner.patience / 10:
        one.run(choice.times)
    return choice


def _calibrated(one: Contestant, manner: Manner) -> tuple[int, float]:
    """Warm a side up; return how often it must do its work for a turn of `manner.sample` seconds, and those it took."""
    times, took = 1, _seconds(one.run(1), manner)  # the first one compiles, allocates, packs
    if took < manner.patience / 4:
        took = _seconds(one.run(1), manner)
    while took < manner.sample / 2 and times < 1 << 20:
        times = min(1 << 20, math.ceil(times * min(16.0, manner.sample / max(took, 1e-7))))
        took = _seconds(one.run(times), manner)
    return times, took


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


def _enough(loads: Sequence[float], seconds: float, manner: Manner) -> bool:
    number = len(loads)
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


def _side(
    one: Contestant, row: Row, took: Sequence[float | None], ours: Sequence[float | None] | None, counted: Sequence[int]
) -> dict[str, Any]:
    """Return what a side took, and the ratio to ours with its quartiles and its goal; rounds it rested in are not."""
    there = [place for place in counted if took[place] is not None] or list(range(len(took)))
    samples = [seconds for place in there if (seconds := took[place]) is not None]
    record: dict[str, Any] = {"side": one.name, "of": one.side.name, "way": one.way, "about": one.about}
    record |= {"seconds": asdict(spread(samples)), "samples": samples}
    if ours is not None:
        pairs = [(took[place], ours[place]) for place in there]
        ratio = spread([theirs / mine for theirs, mine in pairs if theirs is not None and mine is not None])
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
