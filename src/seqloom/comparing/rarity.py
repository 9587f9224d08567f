"""Rarity: how rare the tokens of a row are in training, as the mean of log2 of their ranks by frequency.

The most frequent token has rank 1, so 0; the 1,024th has 10; those of one frequency share the mean of their ranks. A
token that is unknown, or that training does not use, counts as the rarest of all. Special tokens (padding, ends) count
for nothing, and a row without others has no rarity (NaN).

The ids of char, jamo, word, symbol and k-mer tokens and of the words of a tagger are in the order of frequency, so that
they are the ranks. Ids of pieces (bpe, unigram) and bytes say little of it (measured: 0 to 0.66 of 1 between the rarity
of rows by ids and by counts), so the tokens of the training rows are counted, of large files every so many batches.
Where the training file cannot be read again there is then no rarity, and that is said.
"""

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.comparing.measure import Floats
from seqloom.data.kmers import Kmers
from seqloom.data.vocabulary import UNK, Vocabulary
from seqloom.data.words import Words
from seqloom.errors import InputError
from seqloom.metrics.regression import ranks
from seqloom.tasks.task import Data, Say
from seqloom.training.run import Run

COUNTED = ("bpe", "unigram", "byte")
"""Kinds of tokens whose ids are no ranks."""
ENOUGH = 2_000_000
"""Tokens of training that are counted at most, about."""
Tokens = Callable[[Batch], Field]
"""Where the tokens that are ranked stand in a batch."""


class Ranks:
    """log2 ranks of ids, [ids]; NaN for special ones."""

    def __init__(self, logs: Floats) -> None:
        self._logs, self._unknown = logs, float(logs[UNK])

    @classmethod
    def of_ids(cls, size: int) -> Self:
        """Take ids for ranks: UNK + 1 is the most frequent of a vocabulary of `size` ids."""
        known = np.log2(np.arange(1, size - UNK))
        return cls(np.concatenate([np.full(UNK, np.nan), [np.log2(size - UNK)], known]))

    @classmethod
    def of_counts(cls, counts: NDArray[np.int64]) -> Self:
        """Rank ids by how often each occurs in training, [ids]."""
        own = counts[UNK + 1 :]
        used = int((own > 0).sum())
        logs = np.full(len(own), np.log2(used + 1))
        logs[own > 0] = np.log2(ranks(-own[own > 0].astype(np.float64)))
        return cls(np.concatenate([np.full(UNK, np.nan), [np.log2(used + 1)], logs]))

    def of(self, ids: Sequence[int] | NDArray[np.int64]) -> float:
        """Return the rarity of one row; ids beyond the vocabulary (copied words) are unknown."""
        places = np.asarray(ids, np.int64)
        logs = np.where(places < len(self._logs), self._logs[np.minimum(places, len(self._logs) - 1)], self._unknown)
        told = logs[~np.isnan(logs)]
        return float(told.mean()) if len(told) else float("nan")

    def rows(self, ids: Tensor, mask: Tensor | None) -> Floats:
        """Return the rarity of each row of ids [rows, time], where the mask is True."""
        values = ids.cpu().numpy()
        there = np.ones(values.shape, bool) if mask is None else mask.cpu().numpy()
        return np.array([self.of(row[own]) for row, own in zip(values, there, strict=True)], np.float64)


def ranks_of(run: Run, vocabulary: object, tokens: Tokens, say: Say) -> Ranks | None:
    """Return the ranks of a vocabulary of a run, whose tokens stand in `tokens` of a batch; None for what has none:
    channels of numbers, pictures, and pieces whose training rows are gone."""
    if isinstance(vocabulary, Words | Kmers):
        return Ranks.of_ids(len(vocabulary))
    if not isinstance(vocabulary, Vocabulary):
        return None
    if vocabulary.kind not in COUNTED:
        return Ranks.of_ids(len(vocabulary))
    try:
        data = _training(run)
    except InputError as gone:
        say(f"how rare the {vocabulary.kind} tokens of a row are is not known: {gone}")
        return None
    return Ranks.of_counts(_counted(data, tokens, len(vocabulary), run.spec.fit.batch_tokens))


def _training(run: Run) -> Data:
    """Return the training batches of a run, its file read again where it was loaded."""
    try:
        return run.task.training(_hush, run.model.carries)[0]
    except InputError:
        run.task.reread(_hush)
        return run.task.training(_hush, run.model.carries)[0]


def _counted(data: Data, tokens: Tokens, size: int, batch_tokens: int) -> NDArray[np.int64]:
    keys = data.order(0)
    every = max(1, len(keys) * batch_tokens // ENOUGH)
    counts = np.zeros(size, np.int64)
    for key in list(keys)[::every]:
        field = tokens(data.load(key))
        ids = field.values if field.mask is None else field.values[field.mask]
        counts += np.bincount(ids[ids < size].flatten().cpu().numpy(), minlength=size)
    return counts


def _hush(note: str) -> None:
    """Say nothing: training said it."""
