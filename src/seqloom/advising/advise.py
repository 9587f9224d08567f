"""advise: which architecture to take, by letting all that fit race on the data within a budget."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from seqloom.advising import race
from seqloom.advising.advice import Advice
from seqloom.advising.contestant import Contestant
from seqloom.advising.entrants import Entrants, Wanted, entrants
from seqloom.advising.halving import FINAL, fields, most
from seqloom.advising.judging import Judge
from seqloom.advising.naive import naive, silence
from seqloom.advising.reading import Reading
from seqloom.advising.sight import sight
from seqloom.comparing.budget import parse
from seqloom.comparing.match import parameters_of
from seqloom.errors import InputError, Interrupted, SeqloomError
from seqloom.spec import Spec
from seqloom.tasks.language import Language
from seqloom.tasks.task import Data, Say, Task
from seqloom.training.allocator import keep_blocks
from seqloom.training.run import pick_device
from seqloom.training.signals import Flag, watched

USUAL = "5m"
LEFT = 0.25
"""Share of the budget that reading the data must leave."""
ENDING = 0.03
"""Share of the budget kept for the end: differences, and letting go of what was trained."""
TURN = 1.0, 6.0
"""Seconds that each should have in the first rung, at least: of a budget of less than a minute and of five or more."""
LARGER = {"cpu": 12_000_000, "cuda": 120_000_000}
"""Parameters beyond those of the smallest with which minutes tell nothing."""
LOOK = 0.1
"""Share of the shortest turn that a look at a typical contestant may take."""
SLOWEST = 0.5
"""And at any contestant: who needs more is let go."""
THOROUGH = 120
"""Seconds of a budget that leave time to look for noise and order in the data."""
NO_TIME = "there was no time: name it with --archs, or give a larger --budget"
HELD = 150
"""Characters of a text to judge language models by, for each second of the budget: every look reads all of them."""
FIRST, UPDATES = 3, 20
"""So many race at least; more only where the first rung has time for so many updates of each."""
STARTING = 0.2
"""Share of the budget after which nobody else is started, where two are."""


def advise(
    task: str,
    data: str,
    *,
    budget: str = USUAL,
    archs: Sequence[str] | None = None,
    metric: str | None = None,
    valid: str | float | None = None,
    config: str | None = None,
    settings: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    say: Say = lambda note: None,
) -> Advice:
    """Let every architecture that fits the task race on the data, and return which to take and why.

        advise("classify", "reviews.tsv", budget="5m").pick

    `budget` is the time for everything, reading included.
    Raises InputError for data or options that cannot be used and for a budget that reading alone takes up, Interrupted
    on a signal.
    """
    seconds, say = _seconds(budget), _once(say)
    started = time.perf_counter()
    wanted = Wanted(task, data, valid, config, tuple(settings), columns)
    able = entrants(_trimmed(wanted, seconds, say), archs)
    for note in able.notes:
        say(note)
    with watched() as flag, TemporaryDirectory(prefix="seqloom-advise-") as folder:
        return _advise(wanted, able, seconds, started, metric, Path(folder), flag, say, archs is not None)


def _advise(
    wanted: Wanted,
    able: Entrants,
    seconds: float,
    started: float,
    metric: str | None,
    folder: Path,
    flag: Flag,
    say: Say,
    named: bool,
) -> Advice:
    reading, left_out = Reading(say), dict(able.left_out)
    first = next(iter(able.specs.values()))
    device = pick_device(first.fit.device)
    if device.type == "cpu" and first.fit.keep_blocks:
        keep_blocks()
    if first.fit.threads:
        torch.set_num_threads(first.fit.threads)
    reading.task(first)
    _stop(flag)
    read = time.perf_counter() - started
    if seconds - read < LEFT * seconds:
        raise InputError(
            f"reading {wanted.data} took {read:.0f} s of a budget of {seconds:.0f}: too little is left to train in. "
            f"Say --budget {max(1, round(4 * read / 60))}m."
        )
    deadline = started + (1 - ENDING) * seconds
    contestants = _entered(able, reading, deadline, device, seconds, left_out, named)
    judge = Judge(metric)
    judge.whole = isinstance(contestants[0].task, Language)
    until = time.perf_counter() + STARTING * seconds
    for number, one in enumerate(contestants):
        if not named and number >= _room(contestants[:number], deadline, until):
            left_out |= dict.fromkeys((other.name for other in contestants[number:]), NO_TIME)
            contestants = contestants[:number]
            break
        one.start(_parts_of(reading, able.specs[one.name]), folder / str(number), flag)
        _stop(flag)
    running = [one for one in contestants if one.failed is None]
    if not running:
        raise InputError(f"no architecture could be built; {contestants[0].name}: {contestants[0].failed}")
    _pace(running, judge, (deadline - time.perf_counter()) / len(running) / len(fields(len(running))))
    one = next(one for one in running if one.failed is None)
    train, held = reading.parts(able.specs[one.name], one.model.carries)
    seen = sight(one.task, train, held, str(device), seconds >= THOROUGH)
    baseline = naive(one.spec, one.task, one.model, train, held, judge)
    _stop(flag)
    try:
        rungs, winner = race.run(contestants, judge, deadline, say)
    except Interrupted as stopped:
        raise Interrupted("stopped before there was any advice; nothing is kept.", stopped.code) from None
    finally:
        for one in contestants:
            one.close()
    assert judge.measure is not None and winner.best is not None
    if not winner.updates:
        raise InputError(
            f"reading and starting took all of the {seconds:.0f} s, and {winner.name} was not trained at all: give a "
            "larger --budget, or fewer --archs."
        )
    return Advice(
        wanted=wanted,
        measure=judge.measure,
        budget=seconds,
        read=read,
        seconds=time.perf_counter() - started,
        sight=seen,
        naive=baseline or silence(winner.best, judge.measure),
        contestants=tuple(contestants),
        rungs=tuple(rungs),
        winner=winner,
        left_out=left_out,
        unfit=tuple(able.left_out),
    )


def _once(say: Say) -> Say:
    """Say each note once, however often data are read."""
    said: set[str] = set()

    def heard(note: str) -> None:
        if note not in said:
            said.add(note)
            say(note)

    return heard


def _seconds(budget: str) -> float:
    given = parse(budget)
    if given.minutes is None:
        raise InputError(f"--budget {budget}: advice has a time for everything together, such as 5m or 90s.")
    if given.minutes * 60 < 5:
        raise InputError(f"--budget {budget}: nothing can be learnt of a race in less than 5 s.")
    return given.minutes * 60


def _entered(
    able: Entrants,
    reading: Reading,
    deadline: float,
    device: torch.device,
    seconds: float,
    left_out: dict[str, str],
    named: bool,
) -> list[Contestant]:
    """Return those who race: of a size that minutes can train, and no more than there is time for."""
    tasks: dict[str, Task] = {}
    sizes: dict[str, int] = {}
    for name, spec in able.specs.items():
        if not named and not reading.knows(spec) and time.perf_counter() + reading.longest > deadline - LEFT * seconds:
            left_out[name] = f"it reads the data another way, and reading took {reading.longest:.0f} s"
            continue
        try:
            tasks[name] = reading.task(spec)
            sizes[name] = parameters_of(tasks[name].spec, tasks[name].wiring(vectors_too=False))
        except SeqloomError as error:
            if named:
                raise
            left_out[name] = str(error)
    if len(sizes) < 2:
        raise InputError(f"fewer than two architectures can be built for these data; {next(iter(left_out.items()))}")
    limit = LARGER[device.type] + min(sizes.values())
    for name in [name for name, size in sizes.items() if size > limit and not named]:
        size = sizes.pop(name)
        left_out[name] = f"its {size:,} parameters are more than minutes can train on a {device.type}"
    least = min(TURN[1], max(TURN[0], seconds / 50))
    room = len(sizes) if named else most(deadline - time.perf_counter(), least)
    for name in list(sizes)[room:]:
        left_out[name] = NO_TIME
    return [Contestant(name, tasks[name].spec, tasks[name]) for name in list(sizes)[:room]]


def _room(started: Sequence[Contestant], deadline: float, until: float) -> int:
    """Return how many can race, by those started: each must have time for some updates, and starting has an end."""
    if len(started) < FIRST or time.perf_counter() > until:
        return FINAL if time.perf_counter() > until else FIRST
    typical = sorted(one.update_seconds for one in started)[len(started) // 2]
    return max(FIRST, most(deadline - time.perf_counter(), UPDATES * typical))


def _parts_of(reading: Reading, spec: Spec) -> Callable[[bool], tuple[Data, Data]]:
    return lambda carries: reading.parts(spec, carries)


def _pace(running: Sequence[Contestant], judge: Judge, turn: float) -> None:
    """Choose how many rows are looked at, so that looks are short beside a turn; let go of who is much slower."""
    for one in running:
        one.look_seconds = one.look_time(judge)
    typical = sorted(one.look_seconds for one in running)[len(running) // 2]
    judge.share = 1.0 if judge.whole else min(1.0, LOOK * turn / max(typical, 1e-9))
    for one in running:
        one.look_seconds *= judge.share
    for one in sorted(running, key=lambda one: one.look_seconds)[FINAL:]:
        if one.look_seconds > SLOWEST * turn:
            one.fail(f"judging it takes {one.look_seconds:.0f} s, where each has {turn:.0f} s in the first rung")


def _trimmed(wanted: Wanted, seconds: float, say: Say) -> Wanted:
    """Hold out less of a long text, where nobody said how much: judging by all of it would take the race's time."""
    said = wanted.valid is not None or wanted.config is not None
    if said or wanted.task != "language" or any(one.strip().startswith("data.valid") for one in wanted.settings):
        return wanted
    path = Path(wanted.data)
    size = path.stat().st_size if path.is_file() else 0
    share, most_held = wanted.plan(None)[0].data.valid, HELD * seconds
    if not isinstance(share, float) or share * size <= most_held:
        return wanted
    say(f"models are judged by the last {most_held:,.0f} bytes of {wanted.data}, about.")
    return Wanted(wanted.task, wanted.data, most_held / size, wanted.config, wanted.settings, wanted.columns)


def _stop(flag: Flag) -> None:
    if flag:
        raise Interrupted("stopped before there was any advice; nothing is kept.", flag.code)
