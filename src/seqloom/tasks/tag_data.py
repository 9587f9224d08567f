"""Batches of tagged sentences."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Batch, Field
from seqloom.data.batches import buckets, in_order, pad
from seqloom.tasks.tag_rows import Part
from seqloom.tasks.tag_source import Read


class Key(NamedTuple):
    """A batch: its epoch, from which what is random in it follows, and its sentences."""

    epoch: int
    rows: NDArray[np.int64]


class TagData:
    """Batches of the sentences of a part.

    tags     id of each of the corpus's tags, for the loss; a tag that training has not is told as `spare`
    labels   id of each sentence's label, and 0 for one that training has not
    unseen   whether each of the corpus's words is new
    """

    carries = False

    def __init__(
        self,
        part: Part,
        read: Read,
        tags: NDArray[np.int64],
        labels: NDArray[np.int64] | None,
        unseen: NDArray[np.bool_],
        *,
        batch_tokens: int,
        seed: int,
        training: bool,
    ) -> None:
        self.part, self._read, self._tags, self._labels, self._unseen = part, read, tags, labels, unseen
        self._batch_tokens, self._seed, self._training = batch_tokens, seed, training
        self._at = np.asarray(part.at, np.int64)

    def order(self, epoch: int) -> Sequence[Key]:
        """Return batches: shuffled among sentences of like length for training, in order of length else."""
        lengths = np.maximum(self._read.lengths[self._at], 1)
        if self._training:
            batches = buckets(lengths, self._batch_tokens, self._seed, epoch)
        else:
            batches = in_order(lengths, self._batch_tokens)
        return [Key(epoch, self._at[batch]) for batch in batches]

    def load(self, key: Key) -> Batch:
        """Lay the sentences of one batch side by side."""
        rows = key.rows.tolist()
        draws = [np.random.default_rng([self._seed, key.epoch, row]) for row in rows] if self._training else None
        corpus = self.part.corpus
        target = {"tags": pad([self._tags[corpus.tagged[row]].tolist() for row in rows])}
        if self._labels is not None:
            target["intent"] = Field(torch.from_numpy(self._labels[key.rows]))
        words = int(corpus.tagged.lengths[key.rows].sum())
        return Batch(self._read.inputs(rows, draws), target, tuple(rows), words)

    def truth(self, row: int) -> tuple[list[str], str | None]:
        """Return the tags of a sentence as training writes them, unknown ones too, and its label."""
        corpus = self.part.corpus
        return corpus.tags_of(row), None if corpus.labels is None else corpus.labels[row]

    def unseen(self, row: int) -> list[bool]:
        """Return for each word of a sentence whether training never saw it."""
        new: list[bool] = self._unseen[self.part.corpus.rows[row]].tolist()
        return new
