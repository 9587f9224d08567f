"""Follow: shows a training's events on stderr as they are pushed, and keeps what is needed afterwards."""

from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from seqloom.report.progress import Event, progress


class Follow:
    """An `on_event` that feeds the progress view, which pulls its events from an iterator.

        with Follow() as follow:
            fit(..., on_event=follow)

    Each push puts one event in line and lets the view draw exactly that one, so it never waits for another.
    """

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        """The last record of each kind."""
        self._line: deque[Event] = deque()
        self._view = progress(self._pushed())

    def __call__(self, event: Event) -> None:
        """Show one event."""
        record = event.record()
        self.records[str(record.get("event"))] = record
        self._line.append(event)
        next(self._view)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for _ in self._view:  # nothing is in line: the view ends and takes its bar down
            pass

    def _pushed(self) -> Iterator[Event]:
        while self._line:
            yield self._line.popleft()
