"""Rarity: how rare the tokens of a row are in training, as the mean of log2 of their ranks by frequency.

The most frequent token has rank 1, so 0; the 1,024th has 10. An unknown token counts as the rarest of all. Special
tokens (padding, ends) count for nothing, and a row without others has no rarity (NaN).

A vocabulary keeps no counts, but its ids say the ranks: exactly for char, jamo, word, symbol and k-mer tokens and for
the words of a tagger, whose ids are in the order of frequency in training; nearly for bpe and unigram pieces, which are
in the order in which they were learnt or scored, single bytes apart, which have the median rank. Bytes alone are in
the order of their numbers, so they have no rank.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.comparing.measure import Floats
from seqloom.data.kmers import Kmers
from seqloom.data.vocabulary import UNK, Vocabulary
from seqloom.data.words import Words

BYTES = 256


class Ranks:
    """log2 ranks of the ids of a vocabulary; `exact` where ids are ranks."""

    def __init__(self, vocabulary: Vocabulary | Words | Kmers) -> None:
        known = max(1, len(vocabulary) - UNK - 1)
        self.exact = not (isinstance(vocabulary, Vocabulary) and vocabulary.kind in ("bpe", "unigram"))
        self._unknown = float(np.log2(known + 1))
        ranks = np.arange(1, known + 1, dtype=np.float64)
        if not self.exact:
            merged = max(1, known - BYTES)
            ranks = np.where(ranks <= BYTES, (1 + merged) / 2, ranks - BYTES)
        self._logs = np.concatenate([np.full(UNK, np.nan), [self._unknown], np.log2(ranks)])

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


def ranks_of(vocabulary: object) -> Ranks | None:
    """Return the ranks of a vocabulary; None for what has none: bytes, channels of numbers, pictures."""
    if isinstance(vocabulary, Words | Kmers) or (isinstance(vocabulary, Vocabulary) and vocabulary.kind != "byte"):
        return Ranks(vocabulary)
    return None
