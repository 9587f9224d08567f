"""Batches of rows that are read whole, each with what is to be answered."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Batch, Field
from seqloom.data.batches import buckets, in_order
from seqloom.tasks.examples import Examples
from seqloom.tasks.source import Stored

Places = NDArray[np.int64]


class Turn(NamedTuple):
    """Rows of a batch, and the epoch in which they are read: with (seed, epoch, row) goes all that is random."""

    rows: Places
    epoch: int


class RowData:
    """Batches of stored sources and targets [rows, ...] by head."""

    carries = False

    def __init__(
        self,
        stored: Stored,
        targets: Mapping[str, NDArray[Any]],
        batch_tokens: int,
        seed: int,
        training: bool,
        examples: Examples | None = None,
    ) -> None:
        """`examples` are the rows as they were read, for who shows them to a person."""
        self.examples = examples
        self._stored, self._targets = stored, targets
        self._batch_tokens, self._seed, self._training = batch_tokens, seed, training

    def order(self, epoch: int) -> Sequence[Places | Turn]:
        """Return row numbers by batch: shuffled among rows of like length for training, in order of length else."""
        lengths = np.maximum(self._stored.lengths, 1)
        if not self._training:
            return in_order(lengths, self._batch_tokens)
        batches = buckets(lengths, self._batch_tokens, self._seed, epoch)
        return [Turn(rows, epoch) for rows in batches] if self._stored.varies else batches

    def load(self, key: Places | Turn) -> Batch:
        """Lay the rows of one batch side by side."""
        rows, draw = key, None
        if isinstance(key, Turn):
            rows, epoch = key

            def draw(row: int) -> np.random.Generator:
                return np.random.default_rng([self._seed, epoch, row])

        rows = np.asarray(rows)
        places = rows.tolist()
        source = self._stored.field(places, draw)
        target = {name: Field(torch.from_numpy(values[rows])) for name, values in self._targets.items()}
        return Batch({"source": source}, target, tuple(places), int(self._stored.lengths[rows].sum()))
