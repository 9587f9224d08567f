"""Batches in the order given, made here or in worker processes: the same either way."""

import signal
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from seqloom.batch import Batch
from seqloom.errors import SeqloomError
from seqloom.tasks.task import Data


class Part:
    """Some batches of another data, by their keys, or the first `rows` of each."""

    def __init__(self, data: Data, keys: Sequence[Any], rows: int | None = None) -> None:
        self.carries, self._data, self._keys, self._rows = data.carries, data, keys, rows

    def order(self, epoch: int) -> Sequence[Any]:
        """Return the keys."""
        return self._keys

    def load(self, key: Any) -> Batch:
        """Return one batch."""
        batch = self._data.load(key)
        return batch if self._rows is None else batch.first(self._rows)


class _Keys(Dataset[Batch | SeqloomError]):
    """Batches by key; an error for a person crosses over as it is, where torch would put a traceback into its text."""

    def __init__(self, data: Data) -> None:
        self._data = data

    def __getitem__(self, key: Any) -> Batch | SeqloomError:
        try:
            return self._data.load(key)
        except SeqloomError as error:
            return error


def batches(data: Data, keys: Sequence[Any], workers: int) -> Iterator[Batch]:
    """Yield the batch of each key, in order. A generator of its own keeps torch's from being consumed."""
    if workers == 0 or len(keys) < 2:
        yield from map(data.load, keys)
        return
    loader = DataLoader(
        _Keys(data),
        batch_size=None,
        sampler=keys,
        num_workers=workers,
        worker_init_fn=_leave_signals,
        generator=torch.Generator().manual_seed(0),
    )
    for loaded in loader:
        if isinstance(loaded, SeqloomError):
            raise loaded
        yield loaded


def _leave_signals(worker: int) -> None:
    """Leave signals that go to all processes of a job to the loop, which needs its workers until it has saved."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
