"""Comparison: what the runs of a plan come to, in numbers, tests and words."""

import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seqloom import __version__
from seqloom.comparing import comparison_text
from seqloom.comparing.breakdown import breakdowns
from seqloom.comparing.grid import Grid
from seqloom.comparing.job import TRIED, Job
from seqloom.comparing.measure import Items, Measure
from seqloom.comparing.measures import measure_of
from seqloom.comparing.statistics import Standing, stand
from seqloom.comparing.verdict import pareto, verdict
from seqloom.errors import CheckpointError
from seqloom.training.manifest import replace_file

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Architectures compared: `records` of every run that ended, `items` of those that ended well, by job."""

    folder: Path
    grid: Grid
    records: Mapping[Job, Record]
    items: Mapping[Job, Items]
    tuned: Mapping[str, Sequence[Record]]
    """By architecture: the learning rates that were tried, each with its value."""

    @cached_property
    def measure(self) -> Measure | None:
        """What is compared; None where every run failed."""
        return next((measure_of(one.measure) for one in self.items.values()), None)

    @cached_property
    def standing(self) -> Standing | None:
        """Means, intervals and tests; None where every run failed."""
        if self.measure is None:
            return None
        scores = {arch: np.stack([one.stats for one in self._items(arch)]) for arch in self._known}
        return stand(scores, self.measure.value, bounds=self.measure.bounds)

    @property
    def _known(self) -> list[str]:
        return [arch for arch in self.grid.archs if self._items(arch)]

    def _items(self, arch: str) -> list[Items]:
        return [one for job, one in self.items.items() if job.arch == arch]

    def _records(self, arch: str) -> list[Record]:
        return [one for job, one in self.records.items() if job.arch == arch and one["status"] == "done"]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON has it; keys are those that `comparing.comparison_text` and the page read."""
        return dict(self._whole)

    @cached_property
    def _whole(self) -> dict[str, Any]:
        archs = [self._arch(arch) for arch in self.grid.archs]
        standing, measure = self.standing, self.measure
        told: dict[str, Any] = {
            "plan": self.grid.model_dump(mode="json"),
            "folder": str(self.folder),
            "command": command(self.grid),
            "versions": {"seqloom": __version__, "torch": torch.__version__, "python": platform.python_version()},
            "machine": machine(),
            "measured_on": "validation" if self.grid.test is None else "test",
            "measure": None if measure is None else _told(measure),
            "archs": archs,
            "pairs": [] if standing is None else standing.to_dict()["pairs"],
            "cells": [{**one, "tuned": self.tuned.get(job.arch, [])} for job, one in self.records.items()],
            "missing": len(self.grid.archs) * len(self.grid.seeds) - len(self.records),
        }
        if standing is None or measure is None:
            why = "no run has ended" if not self.records else "every run failed"
            return {**told, "by_length": {}, "by_class": {}, "by_rarity": {}, "pareto": [], "verdict": [f"{why}."]}
        told |= breakdowns({arch: self._items(arch) for arch in self._known}, measure)
        told["pareto"] = pareto(archs, measure.higher)
        told["verdict"] = verdict(standing, measure, archs)
        return told

    def _arch(self, arch: str) -> dict[str, Any]:
        records = self._records(arch)
        failed = [one["error"] for job, one in self.records.items() if job.arch == arch and one["status"] == "failed"]
        found: dict[str, Any] = {"arch": arch, "seeds": len(records), "failed": failed}
        empty = dict.fromkeys(("mean", "low", "high", "hlow", "hhigh"))
        standing = self.standing
        score = None if standing is None else next((one for one in standing.archs if one.arch == arch), None)
        found |= empty if score is None else asdict(score)
        if not records:
            return {**found, "parameters": None, "lr": None, "seconds": None, "steps": None, "cost": {}}
        found |= {"parameters": records[0]["parameters"], "lr": records[0]["lr"]}
        found |= {name: float(np.mean([one[name] for one in records])) for name in ("seconds", "steps", "tokens")}
        return {**found, "cost": together([one["cost"] for one in records])}

    def text(self) -> str:
        """Return it for a terminal."""
        return comparison_text.as_terminal(self.to_dict())

    def markdown(self) -> str:
        """Return it as Markdown."""
        return comparison_text.as_markdown(self.to_dict())

    def save(self) -> None:
        """Write comparison.json and comparison.md into the folder."""
        told = json.dumps(finite(self.to_dict()), ensure_ascii=False, indent=1, allow_nan=False)
        replace_file(self.folder / "comparison.json", told.encode())
        replace_file(self.folder / "comparison.md", self.markdown().encode())


def gather(folder: Path, grid: Grid, records: Mapping[Job, Record]) -> Comparison:
    """Read what the jobs left and put it together. Raises CheckpointError where rows of two runs are not the same."""
    items = {job: Items.load(folder / f"{job.name}.npz") for job, one in records.items() if one["status"] == "done"}
    shapes = {(one.measure, one.stats.shape) for one in items.values()}
    if len(shapes) > 1:
        raise CheckpointError(
            f"{folder}: its runs were not measured on the same rows ({', '.join(map(str, sorted(shapes)))}). Was the "
            "data changed? Compare anew, in another folder."
        )
    return Comparison(folder, grid, records, items, {arch: _tuned(folder, arch) for arch in grid.archs})


def _tuned(folder: Path, arch: str) -> list[Record]:
    """Return the learning rates that were tried for an architecture."""
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"{TRIED}/*.json"))]
    found = [{"lr": one["job"]["rate"], "value": one.get("value")} for one in kept if one["arch"] == arch]
    return sorted(found, key=lambda one: float(one["lr"]))


def together(costs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the median of each cost over seeds; what is no number is that of the first."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for one in costs for name in one):
        values = [one.get(name) for one in costs]
        numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        found[name] = float(np.median(numbers)) if numbers else values[0]
    return found


def command(grid: Grid) -> str:
    """Return the command line that asks for a plan."""
    words = ["seqloom", "compare", grid.task, grid.data, "--archs", ",".join(grid.archs)]
    one_by_one = grid.seeds == list(range(grid.seeds[0], grid.seeds[0] + len(grid.seeds)))
    words += ["--seeds", str(len(grid.seeds)) if one_by_one else ",".join(map(str, grid.seeds))]
    if one_by_one and grid.seeds[0] != FIRST_SEED:
        words += ["--seed", str(grid.seeds[0])]
    words += ["--budget", f"{grid.steps}steps" if grid.steps is not None else f"{60 * (grid.minutes or 0):g}s"]
    words += ["--tune", str(grid.tune)]
    named = {"--valid": grid.valid, "--test": grid.test, "--match": grid.match, "--config": grid.config}
    named |= {"--metric": grid.metric} | {f"--{what}-column": name for what, name in grid.columns.items()}
    named |= {"--cost-seconds": None if grid.cost_seconds == COST_SECONDS else f"{grid.cost_seconds:g}"}
    for option, value in named.items():
        words += [] if value is None else [option, str(value)]
    for setting in grid.settings:
        words += ["-s", setting]
    return shlex.join(words)


FIRST_SEED = 7
COST_SECONDS = 10.0
"""What measuring the costs of a run may take, where nothing is said."""


def machine() -> dict[str, Any]:
    """Return what the numbers of speed are of."""
    cuda = [torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())]
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "cuda": cuda,
        "python": sys.implementation.name,
    }


def finite(value: Any) -> Any:
    """Return plain values, null for what is no finite number."""
    if isinstance(value, Mapping):
        return {str(name): finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    if isinstance(value, np.generic):
        return finite(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _told(measure: Measure) -> dict[str, Any]:
    return {"name": measure.name, "about": measure.about, "unit": measure.unit, "higher": measure.higher}
