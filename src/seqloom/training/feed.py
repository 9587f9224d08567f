"""What batches cost beside the work on them: the wait for each, and the positions in it that hold nothing."""

import time
from collections.abc import Iterator

from seqloom.batch import Batch


class Feed:
    """Hands on batches and counts.

    padding  the share of all positions of what is read (inputs with a mask) that hold no data; None before any came
    waited   the share of the time, that of updates and of waiting together, that went by before batches were there
    """

    def __init__(self) -> None:
        self._positions = self._data = 0
        self._waiting = self._working = 0.0

    def next(self, source: Iterator[Batch]) -> Batch:
        """Take the next batch."""
        started = time.perf_counter()
        batch = next(source)
        self._waiting += time.perf_counter() - started
        for field in batch.inputs.values():
            if field.mask is not None:
                self._positions += field.mask.numel()
                self._data += int(field.mask.sum())
        return batch

    def worked(self, seconds: float) -> None:
        """Count the time of an update."""
        self._working += seconds

    @property
    def padding(self) -> float | None:
        return 1 - self._data / self._positions if self._positions else None

    @property
    def waited(self) -> float | None:
        whole = self._waiting + self._working
        return self._waiting / whole if whole else None
