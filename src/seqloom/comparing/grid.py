"""Grid: what a comparison is to run, as `comparison.yaml` in its folder keeps it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from seqloom.comparing.budget import Budget
from seqloom.errors import CheckpointError, InputError
from seqloom.section import Section

FILE = "comparison.yaml"
FORMAT = 1
SPLIT = 7
"""The seed of what is held out, whatever the seed of a run."""
USUAL = ("rnn", "gru", "lstm", "transformer")
"""The architectures where none is named."""
FACTOR = 3.0
"""From one learning rate that is tried to the next."""


class Grid(Section):
    """The plan. Each entry of `archs` is a preset, and settings of its own after it: "gru", "gru+encoder.layers=2".

    match   "params=1M": widths are scaled until the numbers of parameters agree
    tune    learning rates tried for each architecture that does not set its own; 0: its default
    metric  what is compared; None: what the task is usually judged by
    cost_seconds  that measuring what a run costs may take; 0: it is not measured
    sized   settings that `match` came to, by architecture
    hashes  of each file of data, when the comparison began (hashed.py); none where it began before there were any
    """

    format: int = FORMAT
    task: str
    data: str
    valid: str | float | None = None
    test: str | float | None = None
    archs: list[str]
    seeds: list[int]
    minutes: float | None = None
    steps: int | None = None
    match: str | None = None
    tune: int = Field(3, ge=0)
    config: str | None = None
    settings: list[str] = Field(default_factory=list)
    columns: dict[str, str] = Field(default_factory=dict)
    metric: str | None = None
    cost_seconds: float = Field(10.0, ge=0)
    sized: dict[str, list[str]] = Field(default_factory=dict)
    hashes: dict[str, str] = Field(default_factory=dict)

    @property
    def budget(self) -> Budget:
        """What each run may spend."""
        return Budget(self.minutes, self.steps)

    def plan_words(self, arch: str, budget: Budget, seed: int, rate: float | None) -> dict[str, Any]:
        """Return the arguments of `seqloom.fit` for one run, but for its folder.

        All runs share what is held out, never stop early, and spend the same.
        """
        name, own = parted(arch)
        fixed = ["fit.patience=null", "fit.keep=1", f"fit.seed={seed}", *budget.settings]
        if not any(key_of(one) == "data.split" for one in self.settings):
            fixed.append(f"data.split={SPLIT}")
        if self.test is not None:
            fixed.append(f"data.test={self.test}")
        if rate is not None:
            fixed.append(f"fit.lr={rate!r}")
        return {
            "task": self.task,
            "data": self.data,
            "arch": name or None,
            "config": self.config,
            "valid": self.valid,
            "columns": self.columns,
            "settings": [*self.settings, *own, *self.sized.get(arch, []), *fixed],
        }

    def tunes(self, arch: str) -> bool:
        """Say whether learning rates are tried for an architecture: not where one is set."""
        return self.tune > 0 and not any(key_of(one) == "fit.lr" for one in [*self.settings, *parted(arch)[1]])


def parted(arch: str) -> tuple[str, list[str]]:
    """Return the preset of an entry and its own settings."""
    name, *own = arch.split("+")
    return name.strip(), [one.strip() for one in own]


def key_of(setting: str) -> str:
    """Return the key of key=value."""
    return setting.partition("=")[0].strip()


def slug(arch: str) -> str:
    """Return an entry as the name of a folder; entries that differ have names that differ."""
    plain = re.sub(r"[^\w.=+-]", "_", arch)
    if plain == arch:
        return plain
    from hashlib import blake2b

    return f"{plain}-{blake2b(arch.encode(), digest_size=3).hexdigest()}"


def rates(default: float, count: int) -> list[float]:
    """Return the learning rates that are tried: the default, then a third and three times it, and so on outwards."""
    order = [0, *(place for far in range(1, count) for place in (-far, far))][:count]
    return sorted(float(f"{default * FACTOR**place:.6g}") for place in order)


def named(archs: str | Sequence[str] | None) -> list[str]:
    """Return the entries of "gru,lstm" or of a list. Raises InputError for one that comes twice, or none."""
    if archs is None:
        return list(USUAL)
    entries = [one.strip() for one in (archs.split(",") if isinstance(archs, str) else archs)]
    entries = [one for one in entries if one]
    twice = [one for one in dict.fromkeys(entries) if entries.count(one) > 1]
    if twice:
        raise InputError(f"--archs: {twice[0]} comes twice; name each once (its seeds are --seeds).")
    if not entries:
        raise InputError("--archs: name architectures with commas between, such as rnn,gru,lstm,transformer.")
    for entry in entries:
        for setting in parted(entry)[1]:
            if "=" not in setting:
                raise InputError(f"--archs {entry}: after + stands key=value, such as gru+encoder.layers=2.")
    return entries


def write(grid: Grid) -> str:
    """Return the YAML text of a plan."""
    return yaml.safe_dump(grid.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True)


def read(folder: Path) -> Grid:
    """Read the plan of a comparison. Raises CheckpointError where there is none that can be read."""
    path = folder / FILE
    try:
        return Grid.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CheckpointError(f"{folder} is no comparison: it has no {FILE}.") from None
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} is damaged: {error}.") from None
