"""What a run folder tells of its training: events.jsonl read back, lines that are damaged left out and counted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Events:
    """The records of a training, in order, and how many lines could not be read."""

    records: list[Record] = field(default_factory=list)
    damaged: int = 0

    def of(self, kind: str) -> list[Record]:
        """Return those of a kind: started, step, valid, saved, skipped, finished."""
        return [one for one in self.records if one.get("event") == kind]

    def last(self, kind: str) -> Record:
        """Return the last of a kind, {} where there is none."""
        found = self.of(kind)
        return found[-1] if found else {}

    @property
    def seconds(self) -> float | None:
        """How long it trained: as it said at its end, else from the first to the last line; None where none is."""
        said = self.last("finished").get("seconds")
        if isinstance(said, int | float):
            return float(said)
        return self.times[-1] - self.times[0] if self.times else None

    @property
    def times(self) -> list[float]:
        """Seconds since 1970 of each record that has them."""
        return [float(one["time"]) for one in self.records if isinstance(one.get("time"), int | float)]


def read_events(folder: Path) -> Events:
    """Read a run's events.jsonl; none where there is no such file."""
    try:
        lines = (folder / "events.jsonl").read_bytes().split(b"\n")
    except OSError:
        return Events()
    records: list[Record] = []
    damaged = 0
    for line in filter(None, lines):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if isinstance(record, dict):
            records.append(record)
        else:
            damaged += 1
    return Events(records, damaged)


def date(seconds: float) -> str:
    """Return a time as 2026-11-22 01:35, where this machine is."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def duration(seconds: float) -> str:
    """Return a stretch of time as a person says it: 48 s, 12.5 min, 3.2 h."""
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
