"""Plan: what a search is to do, as `tuning.yaml` in its folder keeps it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from seqloom.errors import CheckpointError
from seqloom.section import Section
from seqloom.spec import Spec
from seqloom.spec import write as written
from seqloom.training.run import plan as planned

FILE = "tuning.yaml"
FORMAT = 1


class Plan(Section):
    """What is trained, what varies (`search`, as a person writes it), and what ends it.

    trials   so many trainings, over all sessions
    minutes  so much time, over all sessions: the training that runs then is ended
    prune    a training is ended early where the median of the others was better by then
    rows     a hash of the training rows, which a search that goes on must find again
    """

    format: int = FORMAT
    task: str
    data: str
    arch: str | None = None
    config: str | None = None
    valid: str | float | None = None
    settings: list[str] = Field(default_factory=list)
    columns: dict[str, str] = Field(default_factory=dict)
    search: list[str]
    trials: int | None = Field(None, ge=1)
    minutes: float | None = Field(None, gt=0)
    prune: bool = True
    seed: int = 7
    metric: str
    rows: str

    def words(self, settings: Sequence[str] = ()) -> dict[str, Any]:
        """Return the arguments of `seqloom.fit` for a training with some settings, `arch` among them."""
        arch = [one.partition("=")[2] for one in settings if one.startswith("arch=")]
        rest = [one for one in settings if not one.startswith("arch=")]
        return {
            "task": self.task,
            "data": self.data,
            "arch": arch[-1] if arch else self.arch,
            "config": self.config,
            "valid": self.valid,
            "settings": [*self.settings, *rest],
            "columns": self.columns,
        }

    def spec(self, settings: Sequence[str] = ()) -> Spec:
        """Return the whole spec of a training with some settings."""
        return planned(**self.words(settings))[0]


def write(plan: Plan) -> str:
    """Return the YAML text of a plan."""
    return yaml.safe_dump(plan.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True)


def read(folder: Path) -> Plan:
    """Read the plan of a search. Raises CheckpointError where there is none that can be read."""
    path = folder / FILE
    try:
        return Plan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CheckpointError(f"{folder} is no search: it has no {FILE}.") from None
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} is damaged: {error}.") from None


def alone(spec: Spec, path: Path) -> str:
    """Write a spec to a file so that `train --config` reads the very same again, and return its text.

    What is unset by default is left out of YAML; where the template of a task sets it, it says null.
    """
    path.write_text(written(spec), encoding="utf-8")
    again, _ = planned(spec.task, str(spec.data.train), config=str(path))
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    _settle(values, spec.model_dump(mode="json"), again.model_dump(mode="json"))
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return text


def _settle(values: dict[str, Any], wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    for name, one in wanted.items():
        if isinstance(one, dict) and isinstance(found.get(name), dict):
            _settle(values.setdefault(name, {}), one, found[name])
        elif one != found.get(name):
            values[name] = one
