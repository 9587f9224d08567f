"""Found: what a search came to, as plain values."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqloom import __version__
from seqloom.metrics import higher_is_better
from seqloom.tuning.plan import Plan
from seqloom.tuning.space import Space

Row = Mapping[str, Any]
ENOUGH = 8
"""Finished trainings from which on it is said what mattered."""
BEST = "best.yaml"


@dataclass(frozen=True)
class Found:
    """A search, as far as it went.

    rows        each training: {"number", "state", "value", "settings", "values", "steps", "seconds", "parameters",
                "error", "course": [[tenth, value], ...], "given": it is what the spec said before}
    importance  by space, its share of what made trainings differ, of 1; empty where too few are finished
    ended       why it ended: trials, minutes, or all (every combination was tried)
    again       proposals of the sampler that had been tried before, and were not trained again
    """

    plan: Plan
    folder: Path
    spaces: Sequence[Space]
    rows: Sequence[Row]
    importance: Mapping[str, float]
    ended: str
    again: int
    device: str

    @property
    def higher(self) -> bool:
        """Whether more of the metric is better."""
        return higher_is_better(self.plan.metric)

    @property
    def done(self) -> list[Row]:
        """The trainings that came to their end."""
        return [row for row in self.rows if row["state"] == "done"]

    @property
    def best(self) -> Row | None:
        """The best of them, the first of those that are alike; None where there is none."""
        if not self.done:
            return None
        return (max if self.higher else min)(self.done, key=lambda row: float(row["value"]))

    @property
    def given(self) -> Row | None:
        """The training of the spec as it was."""
        return next((row for row in self.done if row["given"]), None)

    def counts(self) -> dict[str, int]:
        """Return how many trainings ended how."""
        states = [str(row["state"]) for row in self.rows]
        return {state: states.count(state) for state in ("done", "pruned", "ended", "failed") if state in states}

    def to_dict(self) -> dict[str, Any]:
        """Return everything, as `tuning.json` has it."""
        return {
            "folder": str(self.folder),
            "plan": self.plan.model_dump(mode="json"),
            "search": [space.text for space in self.spaces],
            "metric": self.plan.metric,
            "higher": self.higher,
            "ended": self.ended,
            "trials": [dict(row) for row in self.rows],
            "best": None if self.best is None else dict(self.best),
            "given": None if self.given is None else dict(self.given),
            "importance": dict(self.importance),
            "repeats": self.again,
            "seconds": sum(float(row["seconds"]) for row in self.rows),
            "versions": versions(),
            "device": self.device,
        }


def versions() -> dict[str, str]:
    """Return what was used."""
    import optuna
    import torch

    return {
        "seqloom": __version__,
        "torch": str(torch.__version__),
        "optuna": optuna.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
