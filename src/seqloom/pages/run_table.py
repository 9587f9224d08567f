"""The runs below a folder, a row each, and what differs between two specs. Weights are not read."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqloom.errors import InputError, SeqloomError
from seqloom.pages.run_events import date, read_events
from seqloom.spec import Spec, read

INSIDE = ("checkpoints", "vocab")
"""Folders of a run that hold no runs."""
FRESH = 60.0
"""Seconds since the last event within which a training is taken to go on."""
MANIFEST = "MANIFEST.json"
KEYS = ("run", "task", "arch", "parameters", "metric", "value", "minutes", "date", "state")


@dataclass(frozen=True)
class Listed:
    """One run.

    metric, value  the metric that chose its weights, and what the best of validation had of it
    minutes        how long it trained
    date           its last event, or when its spec was written
    state          finished, running, stopped (it can be resumed) or damaged (why stands in `problem`)
    """

    run: str
    task: str | None
    arch: str | None
    parameters: int | None
    metric: str | None
    value: float | None
    minutes: float | None
    date: str
    state: str
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self)


def runs_below(folder: Path) -> list[Listed]:
    """Return every run below a folder, or the run that it is itself. Raises InputError for what is no folder."""
    if not folder.exists():
        raise InputError(f"{folder}: no such folder. Name the one that holds your runs: seqloom runs FOLDER.")
    if not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder that holds runs.")
    return [listed(place) for place in _places(folder)]


def _places(folder: Path) -> Iterator[Path]:
    """Yield run folders, those that links lead to as well, each once."""
    seen: set[str] = set()
    for here, inside, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(here)
        if real in seen:
            inside.clear()
            continue
        seen.add(real)
        inside[:] = sorted(one for one in inside if not one.startswith("."))
        if "spec.yaml" in names:
            inside[:] = [one for one in inside if one not in INSIDE]
            yield Path(here)


def listed(place: Path) -> Listed:
    """Return the row of one run."""
    events = read_events(place)
    finished, times = events.last("finished"), events.times
    last = times[-1] if times else (place / "spec.yaml").stat().st_mtime
    problem, spec = None, None
    try:
        spec = read(place / "spec.yaml")
    except (SeqloomError, OSError) as error:
        problem = str(error)
    problem = problem or missing(place)
    if problem is not None:
        state = "damaged"
    elif (place / MANIFEST).is_file():
        state = "finished"
    else:
        state = "running" if times and time.time() - last < FRESH else "stopped"
    metric = None if spec is None else spec.fit.metric
    seconds, value = events.seconds, _value(finished.get("metrics"), metric)
    return Listed(
        str(place),
        None if spec is None else spec.task,
        None if spec is None else spec.arch or "custom",
        _whole(events.last("started").get("parameters")),
        metric,
        value if value is not None else _best(events.of("valid"), metric),
        None if seconds is None else round(seconds / 60, 2),
        date(last),
        state,
        problem,
    )


def missing(place: Path) -> str | None:
    """Return what is wrong with the files that a run's manifest lists, by their sizes; None where nothing is, or where
    there is no manifest yet. Hashes are checked when a run is loaded."""
    try:
        files = json.loads((place / MANIFEST).read_text(encoding="utf-8"))["files"]
        for name, about in files.items():
            path = place / name
            if not path.is_file():
                return f"{name} is missing"
            if path.stat().st_size != int(about["bytes"]):
                return f"{name} has {path.stat().st_size:,} bytes, {int(about['bytes']):,} were written"
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{MANIFEST} cannot be read"
    return None


def ordered(rows: list[Listed], key: str, reverse: bool = False) -> list[Listed]:
    """Return rows by a column, those without a value last either way. Raises InputError for a column there is not."""
    if key not in KEYS:
        raise InputError(f"--sort {key}: there is no such column; there are {', '.join(KEYS)}.")
    known = [row for row in rows if getattr(row, key) is not None]
    return [
        *sorted(known, key=lambda row: getattr(row, key), reverse=reverse),
        *(row for row in rows if getattr(row, key) is None),
    ]


def differences(one: Spec, other: Spec) -> list[tuple[str, Any, Any]]:
    """Return the keys in which two specs differ, with both values; None where a spec has no such key."""
    first, second = flat(one.model_dump(mode="json")), flat(other.model_dump(mode="json"))
    keys = list(dict.fromkeys([*first, *second]))
    return [(key, first.get(key), second.get(key)) for key in keys if first.get(key) != second.get(key)]


def flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return {"fit.steps": 100, ...} of the sections and the parts of a spec."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def _value(metrics: Any, metric: str | None) -> float | None:
    value = metrics.get(metric) if isinstance(metrics, Mapping) else None
    return float(value) if isinstance(value, int | float) else None


def _best(valids: list[Any], metric: str | None) -> float | None:
    """Return the metric of the last validation that was the best so far."""
    best = [one for one in valids if one.get("best")]
    return _value(best[-1].get("metrics"), metric) if best else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None
