"""compare: several architectures on the same data, each with the same splits, batches and budget, over seeds."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from seqloom.comparing import grid as plans
from seqloom.comparing.budget import parse, shared
from seqloom.comparing.comparison import FIRST_SEED, Comparison, gather
from seqloom.comparing.conduct import Processes, Runner, conduct
from seqloom.comparing.grid import Grid, named
from seqloom.comparing.hashed import check, hashes_of
from seqloom.comparing.prepare import prepare, total
from seqloom.errors import InputError
from seqloom.tasks.task import Say
from seqloom.training.manifest import replace_file

HOME = Path("runs")


def compare(
    task: str,
    data: str,
    archs: str | Sequence[str] | None = None,
    *,
    seeds: int | Sequence[int] = 3,
    seed: int = FIRST_SEED,
    budget: str | None = None,
    total: str | None = None,
    match: str | None = None,
    tune: int = 3,
    valid: str | float | None = None,
    test: str | float | None = None,
    metric: str | None = None,
    cost_seconds: float = 10.0,
    config: str | None = None,
    settings: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    out: str | None = None,
    resume: bool = False,
    retry: bool = False,
    workers: int = 1,
    runner: Runner | None = None,
    say: Say = lambda note: None,
) -> Comparison:
    """Train every architecture with every seed on the same budget, and return what can be told apart.

        compare("classify", "reviews.tsv", "gru,lstm,transformer", budget="2m").text()

    archs    presets, each perhaps with settings of its own: "gru", "gru+encoder.layers=2"
    seeds    how many, from `seed` on, or which
    budget   of each run: "10m" or "5000steps"; `total` instead shares a time among all runs
    match    "params=1M": widths are scaled so that numbers of parameters agree within 2 %
    tune     learning rates tried for each architecture, each for a quarter of the budget; 0: its own default
    test     a file, or a share, that nothing is chosen on and everything is measured on; None: validation serves both
    cost_seconds  that measuring the costs of a run may take: speed, latency, memory, reach; 0: not measured
    out      the folder (None: the first free runs/compare-TASK-N); with `resume`, what is done there is not done again
    workers  runs at once, in processes of this machine; `runner` runs them elsewhere

    Raises InputError for what cannot be compared, Interrupted on a signal: what was done is kept.
    """
    entries = named(archs)
    chosen = list(range(seed, seed + seeds)) if isinstance(seeds, int) else list(seeds)
    if not chosen or len(set(chosen)) < len(chosen):
        raise InputError(f"--seeds {seeds}: one seed at least, and each once.")
    if workers < 1:
        raise InputError(f"--workers {workers}: one at least.")
    if budget is not None and total is not None:
        raise InputError("--budget is of each run and --total of all of them: choose one.")
    spent = shared(total, len(entries), len(chosen), tune, workers) if total else parse(budget or USUAL)
    wanted = Grid(
        task=task,
        data=data,
        valid=valid,
        test=test,
        archs=entries,
        seeds=chosen,
        minutes=spent.minutes,
        steps=spent.steps,
        match=match,
        tune=tune,
        config=config,
        settings=list(settings),
        columns=dict(columns or {}),
        metric=metric,
        cost_seconds=cost_seconds,
    )
    place = _place(out, task)
    if (place / plans.FILE).is_file():
        if not resume:
            raise InputError(
                f"--out {place} holds a comparison already. Add --resume to go on with it, or name another."
            )
        there = plans.read(place)
        _same(wanted, there, place)
        wanted = there
    return carry_out(wanted, place, workers=workers, runner=runner, retry=retry, say=say)


def resumed(
    out: str, *, workers: int = 1, runner: Runner | None = None, retry: bool = False, say: Say = lambda note: None
) -> Comparison:
    """Go on with the comparison of a folder, as it was planned. Raises CheckpointError where there is none."""
    return carry_out(plans.read(Path(out)), Path(out), workers=workers, runner=runner, retry=retry, say=say)


def carry_out(grid: Grid, place: Path, *, workers: int, runner: Runner | None, retry: bool, say: Say) -> Comparison:
    """Do what is left of a plan in a folder, and write what it comes to."""
    check(grid)
    ready = prepare(grid if grid.hashes else grid.model_copy(update={"hashes": hashes_of(grid)}), say)
    threads = max(1, (os.cpu_count() or 1) // workers)
    say(total(ready.grid, workers))
    place.mkdir(parents=True, exist_ok=True)
    replace_file(place / plans.FILE, plans.write(ready.grid).encode())
    records = conduct(
        place, ready.grid, runner or Processes(workers, threads), default=ready.rates, retry=retry, say=say
    )
    found = gather(place, ready.grid, records)
    found.save()
    return found


USUAL = "5m"
"""The budget of a run where none is said."""


def _place(out: str | None, task: str) -> Path:
    if out is not None:
        folder = Path(out)
        if folder.is_file():
            raise InputError(f"--out {out} is a file; a comparison needs a folder of its own.")
        if folder.is_dir() and any(folder.iterdir()) and not (folder / plans.FILE).is_file():
            raise InputError(f"--out {out} holds other files. Name a folder that is empty or does not exist.")
        return folder
    number = 1
    while (HOME / f"compare-{task}-{number}").exists():
        number += 1
    return HOME / f"compare-{task}-{number}"


def _same(wanted: Grid, there: Grid, place: Path) -> None:
    """Raise InputError where a comparison to go on with was planned otherwise."""
    ours, theirs = (one.model_dump(mode="json", exclude={"sized", "format", "hashes"}) for one in (wanted, there))
    for key, value in ours.items():
        if theirs[key] != value and not (key == "test" and value is None):  # the task's own, where none is said
            raise InputError(
                f"--resume goes on with {place} as it was begun, but {key} is {theirs[key]} there and {value} here. "
                f"Say seqloom compare --resume --out {place} alone, or name another folder."
            )
