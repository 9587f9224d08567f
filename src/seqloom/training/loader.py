"""Batches in the order given, made here or in worker processes: the same either way."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from seqloom.batch import Batch
from seqloom.tasks.task import Data


class Part:
    """Some batches of another data, by their keys."""

    def __init__(self, data: Data, keys: Sequence[Any]) -> None:
        self.carries, self._data, self._keys = data.carries, data, keys

    def order(self, epoch: int) -> Sequence[Any]:
        """Return the keys."""
        return self._keys

    def load(self, key: Any) -> Batch:
        """Return one batch."""
        return self._data.load(key)


class _Keys(Dataset[Batch]):
    def __init__(self, data: Data) -> None:
        self._data = data

    def __getitem__(self, key: Any) -> Batch:
        return self._data.load(key)


def batches(data: Data, keys: Sequence[Any], workers: int) -> Iterator[Batch]:
    """Yield the batch of each key, in order. A generator of its own keeps torch's from being consumed."""
    if workers == 0 or len(keys) < 2:
        yield from map(data.load, keys)
        return
    yield from DataLoader(
        _Keys(data), batch_size=None, sampler=keys, num_workers=workers, generator=torch.Generator().manual_seed(0)
    )
