"""events.jsonl: the record of a training, a line an event."""

import json
import time
from pathlib import Path
from typing import Self

from seqloom.training.events import Event, Step

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
        kept = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if record.get("step", 0) <= step:
                kept.append(line + "\n")
        self._file.close()
        self._path.write_text("".join(kept), encoding="utf-8")
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
