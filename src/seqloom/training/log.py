"""events.jsonl: the record of a training, a line an event."""

import json
import time
from pathlib import Path
from typing import Any, Self

from seqloom.training.events import Event, Step
from seqloom.training.manifest import replace_file

BETWEEN = 0.5
"""Seconds between two updates that are logged; other events are always."""


class Log:
    """Appends events to a file; a resumed training first cuts off what came after its checkpoint."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = path.open("a", encoding="utf-8")
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def cut(self, step: int) -> None:
        """Drop the events after `step`, and a last line that was cut short."""
        lines = [line for line in self._path.read_bytes().split(b"\n") if line]
        read = [(line, record) for line in lines if (record := _parsed(line)) is not None]
        saved = [n for n, (_, record) in enumerate(read) if record.get("event") == "saved" and record["step"] == step]
        if saved:  # what came after it at the same step, such as a batch that was skipped, will come again
            read = read[: saved[-1] + 1]
        kept = [line + b"\n" for line, record in read if record.get("step", 0) <= step]
        self._file.close()
        replace_file(self._path, b"".join(kept))
        self._file = self._path.open("a", encoding="utf-8")

    def add(self, event: Event) -> None:
        """Append an event with the time; of updates, one in half a second."""
        now = time.time()
        if isinstance(event, Step) and now - self._last < BETWEEN and event.step != event.steps:
            return
        if isinstance(event, Step):
            self._last = now
        self._file.write(json.dumps({**event.record(), "time": round(now, 3)}, ensure_ascii=False) + "\n")
        self._file.flush()


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
