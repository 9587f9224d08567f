"""What the tests of tasks that read rows share: small files of series and of DNA, and tasks learnt from them."""

from pathlib import Path
from typing import Any

import numpy as np

from seqloom.spec import Spec
from seqloom.tasks.row_task import RowTask
from seqloom.training.run import plan


def ts(count: int = 24, seed: int = 0, label: bool = True) -> str:
    """Return a .ts file of two channels and unequal lengths: "up" rises, "down" falls."""
    generator = np.random.default_rng(seed)
    lines = ["@univariate false", "@dimensions 2", f"@classLabel {'true up down' if label else 'false'}", "@data"]
    for number in range(count):
        steps, sign = 3 + number % 5, 1 if number % 2 else -1
        one = 10 + sign * np.arange(steps) + generator.normal(0, 0.1, steps)
        other = generator.normal(-5, 1, steps)
        cells = [",".join(f"{value:.3f}" for value in channel) for channel in (one, other)]
        lines.append(":".join([*cells, *([("up" if sign > 0 else "down")] if label else [])]))
    return "\n".join(lines) + "\n"


def dna(count: int = 30, seed: int = 0) -> list[tuple[str, str]]:
    """Return sequences of 20 to 29 bases and their labels: "box" has TATAAT in it."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        letters = "".join(generator.choice(list("ACGT"), 20 + number % 10))
        box = number % 2 == 0
        rows.append((letters[:5] + "TATAAT" + letters[11:] if box else letters, "box" if box else "none"))
    return rows


def learn(task: str, path: Path | str, *settings: str, **options: Any) -> tuple[Any, list[str]]:
    """Learn a task from a file as `fit` would; return it and what was said."""
    from seqloom.tasks import task_class

    spec, notes = plan(task, str(path), settings=settings, **options)
    found = task_class(task).learn(spec, notes.append)
    assert isinstance(found, RowTask)
    return found, notes


def again(task: Any, folder: Path) -> Any:
    """Save a task and load it."""
    task.save(folder / "vocab")
    spec: Spec = task.spec
    return type(task).load(spec, folder / "vocab")
