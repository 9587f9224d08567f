"""Prepare: a plan checked before anything is trained, so that what cannot be is refused at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqloom.build import Wiring, build
from seqloom.comparing.budget import SHARE, Budget
from seqloom.comparing.grid import Grid, key_of, parted
from seqloom.comparing.items import gatherer_of
from seqloom.comparing.match import matched, parameters_of, parse
from seqloom.errors import InputError, SeqloomError
from seqloom.spec import Spec
from seqloom.tasks import task_class
from seqloom.tasks.parts import TEST
from seqloom.tasks.task import Say
from seqloom.training.run import Run, plan

ALIKE = ("batch_tokens", "window", "accumulate", "precision", "schedule", "warmup", "metric", "optimizer")
"""Keys of a training in which architectures should not differ, or a note says so."""
PLANNED = {
    "fit.seed": "the seeds are --seeds",
    "fit.patience": "no run of a comparison stops early: all spend the same",
    "data.test": "the rows to measure on are --test",
}
"""Settings that the plan itself makes, for every run."""
SHARED = ("steps", "minutes", "epochs", "at_least", "valid_every")
SHARED_DATA = ("train", "valid", "test", "split", "format", "header", "on_bad_row")
"""Keys that no architecture may have of its own: then it would see other rows, or spend another budget."""


@dataclass(frozen=True)
class Prepared:
    """A plan that can be run: the grid with its widths, each architecture's spec, and what should be said."""

    grid: Grid
    specs: Mapping[str, Spec]

    @property
    def rates(self) -> dict[str, float]:
        """Each architecture's own learning rate."""
        return {arch: spec.fit.lr for arch, spec in self.specs.items()}


def prepare(grid: Grid, say: Say) -> Prepared:
    """Plan every architecture, and size them alike where that is asked.

    Raises InputError that names the architecture that cannot be in this task, or cannot be sized.
    """
    refuse(grid)
    grid = grid.model_copy(update={"sized": {}})  # of a plan that is gone on with: widths are found from its own again
    said: list[str] = []

    def once(note: str) -> None:
        if note not in said:
            said.append(note)
            say(note)

    specs = {arch: _spec(grid, arch, once) for arch in grid.archs}
    held = next(iter(specs.values())).data.test
    if (
        grid.test is None and held is not None
    ):  # a task, or a config, that holds rows out for testing without being told
        once(f"everything is measured on data.test={held}, on which nothing is chosen")
        grid = grid.model_copy(update={"test": held})
    if grid.match is not None:
        grid = grid.model_copy(update={"sized": _sized(grid, specs, once)})
        specs = {arch: _spec(grid, arch, once) for arch in grid.archs}
    else:
        for arch, spec in specs.items():
            _built(arch, spec, once)
    for note in differences(specs):
        once(note)
    if grid.metric is not None:
        _measured(grid.metric, next(iter(specs.values())))
    return Prepared(grid, specs)


def refuse(grid: Grid) -> None:
    """Raise InputError for what a plan would have to drop, and for what would not be the same for all."""
    spent = "fit.minutes" if grid.steps is None else "fit.steps"
    planned = {**PLANNED, spent: "what a run may spend is --budget"}
    for arch in grid.archs:
        own = parted(arch)[1]
        for setting in [*grid.settings, *own]:
            if (why := planned.get(key_of(setting))) is not None:
                raise InputError(f"{setting}: {why}.")
        for setting in own:
            if key_of(setting) in {*(f"fit.{key}" for key in SHARED), *(f"data.{key}" for key in SHARED_DATA)}:
                raise InputError(f"--archs {arch}: {key_of(setting)} is for all alike: -s {setting}.")
    if min(grid.seeds) < 0:
        raise InputError(f"--seeds: {min(grid.seeds)} is below 0; seeds are 0, 1, 2, ...")
    if isinstance(grid.test, float) and not (0 < grid.test < 1 or (grid.test >= 1 and grid.task == "forecast")):
        raise InputError(f"--test {grid.test:g}: a share of the rows is between 0 and 1, such as 0.1.")


def _spec(grid: Grid, arch: str, say: Say) -> Spec:
    words = grid.plan_words(arch, grid.budget, grid.seeds[0], None)
    try:
        spec, notes = plan(words.pop("task"), words.pop("data"), **words)
    except SeqloomError as error:
        raise type(error)(f"{arch}: {error}") from None
    for note in notes:
        say(f"{arch}: {note}")
    return spec


def _measured(metric: str, spec: Spec) -> None:
    """Raise InputError for a metric that rows of this task have no sum of, before anything is trained."""
    task = task_class(spec.task).learn(spec, lambda note: None)
    run = Run(spec, task, build(spec, task.wiring()))
    source = task.evaluation(TEST if spec.data.test is not None else None, lambda note: None, run.model.carries)
    gatherer_of(run, source).ask(metric)


def differences(specs: Mapping[str, Spec]) -> list[str]:
    """Return a note for each thing that architectures do not share, though a comparison is fair where they do."""
    notes = []
    for key in ALIKE:
        values = {arch: getattr(spec.fit, key) for arch, spec in specs.items()}
        notes += _apart(f"fit.{key}", values)
    for side in ("source", "target"):
        for key in ("tokens", "vocab", "max_length", "vectors"):
            parts = {arch: getattr(spec, side) for arch, spec in specs.items()}
            notes += _apart(f"{side}.{key}", {arch: getattr(part, key, None) for arch, part in parts.items()})
    return notes


def _apart(key: str, values: Mapping[str, Any]) -> list[str]:
    if len({str(one) for one in values.values()}) < 2:
        return []
    each = ", ".join(f"{arch} {value}" for arch, value in values.items())
    return [f"{key} is not the same for all: {each}; -s {key}=VALUE makes it so."]


def _built(arch: str, spec: Spec, say: Say) -> tuple[Wiring, int]:
    """Read the data and count the weights of one architecture; a spec is settled by what the data has.

    Raises InputError that names the architecture that cannot be built.
    """
    try:
        wiring = task_class(spec.task).learn(spec, say).wiring()
        count = parameters_of(spec, wiring)
    except SeqloomError as error:
        raise type(error)(f"{arch}: {error}") from None
    say(f"{arch}: {count:,} parameters")
    return wiring, count


def _sized(grid: Grid, specs: Mapping[str, Spec], say: Say) -> dict[str, list[str]]:
    """Return by architecture the settings that make its number of parameters the one asked for."""
    assert grid.match is not None
    aim = parse(grid.match)
    if isinstance(aim, str):
        aim = _built(aim, _spec(grid, aim, lambda note: None), say)[1]
    sized = {}
    for arch, spec in specs.items():
        wiring, _ = _built(arch, spec, say)
        try:
            settings, count = matched(spec, wiring, aim)
        except InputError as error:
            raise InputError(f"{arch}: {error}") from None
        sized[arch] = list(settings)
        say(f"{arch}: {count:,} parameters by {' '.join(settings) or 'its own widths'}")
    return sized


def total(grid: Grid, workers: int) -> str:
    """Return what the whole comparison will take, as a person reads it."""
    budget, runs = grid.budget, len(grid.archs) * len(grid.seeds)
    tunes = sum(grid.tune for arch in grid.archs if grid.tunes(arch))
    text = f"{len(grid.archs)} architectures x {len(grid.seeds)} seeds x {budget} = {budget.times(runs)}"
    if tunes:
        text += f", and {tunes} learning rates x {budget.tried} = {budget.tried.times(tunes)} before"
    if budget.minutes is not None:
        whole = Budget(minutes=budget.minutes * (runs + tunes * SHARE))
        text += f": {whole} of training"
        if workers > 1:
            text += f", about {whole.times(1 / workers)} with {workers} at once"
    return text + "; reading, measuring and starting come on top."
