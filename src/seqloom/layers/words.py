"""Words as vectors: a learned one for each word, its letters read by a small network, and how it is cased.

A network over letters tells something of words that training never saw: by convolution and maximum as Ma & Hovy 2016
(arXiv:1603.01354), or by an LSTM in both directions as Lample et al. 2016 (arXiv:1603.01360).
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.cells.lstm import LSTM
from seqloom.errors import InputError
from seqloom.layers.embedding import PAD, Input, TokenEmbedding
from seqloom.layers.stack import RecurrentStack
from seqloom.ops import pool

CASINGS = 8
"""Ids of casing: 0 is padding, the data says what the others mean."""
CASING_SIZE, LETTER_SIZE, WINDOW = 8, 30, 3


class WordInput(Input):
    """Turn values [batch, time, 2 + letters] (a word's id, its casing's, and its letters', 0 after the last) into
    vectors [batch, time, size].

    words         the embedding of whole words
    alphabet      how many letters there are; None: letters are not read
    spelling      the network that reads them
    letters_size  width of what it says of a word
    """

    def __init__(
        self,
        words: TokenEmbedding,
        alphabet: int | None,
        *,
        spelling: Literal["cnn", "lstm"] = "cnn",
        letters_size: int = 50,
        casing: bool = False,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.words, self.drop = words, drop
        self.vocabulary = words.vocabulary
        self.spelling: Letters | None = None
        if alphabet is not None:
            self.spelling = (_Convolved if spelling == "cnn" else _Recurrent)(alphabet, letters_size, drop)
        self.casing: nn.Embedding | None = None
        if casing:
            self.casing = nn.Embedding(CASINGS, CASING_SIZE, padding_idx=PAD)
            nn.init.normal_(self.casing.weight, std=CASING_SIZE**-0.5)
            with torch.no_grad():
                self.casing.weight[PAD] = 0
        self.size = words.size + (letters_size if self.spelling is not None else 0) + (CASING_SIZE if casing else 0)

    def forward(self, values: Tensor) -> Tensor:
        """Look up and read: int64 [batch, time, 2 + letters] -> [batch, time, size]."""
        parts = [self.words(values[..., 0])]
        if self.spelling is not None:
            parts.append(self.spelling(values[..., 2:]))
        if self.casing is not None:
            parts.append(self.casing(values[..., 1]))
        return dropout(torch.cat(parts, -1), self.drop, self.training)


class Letters(nn.Module):
    """Reads the letters of each word, ids [batch, time, letters] -> [batch, time, size]; a word without any gives 0."""

    def __init__(self, alphabet: int, drop: float) -> None:
        super().__init__()
        self.table = TokenEmbedding(alphabet, size=LETTER_SIZE, drop=drop)

    def forward(self, ids: Tensor) -> Tensor:
        """Read every word that has letters, once."""
        flat = ids.flatten(0, 1)
        has = (flat != PAD).any(1)
        read = self.read(self.table(flat[has]), flat[has] != PAD)
        size: int = read.shape[-1]
        whole = read.new_zeros(len(flat), size).index_put((has.nonzero().squeeze(1),), read)
        return whole.view(*ids.shape[:2], size)

    def read(self, x: Tensor, mask: Tensor) -> Tensor:
        """Turn letters [words, letters, LETTER_SIZE] under mask [words, letters] into [words, size]."""
        raise TypeError(f"{type(self).__name__} has no read")


class _Convolved(Letters):
    """Windows of three letters, the largest value of each feature (Ma & Hovy 2016)."""

    def __init__(self, alphabet: int, size: int, drop: float) -> None:
        super().__init__(alphabet, drop)
        self.windows = nn.Conv1d(LETTER_SIZE, size, WINDOW, padding=WINDOW // 2)
        nn.init.xavier_uniform_(self.windows.weight)
        nn.init.zeros_(self.windows.bias)  # type: ignore[arg-type]

    def read(self, x: Tensor, mask: Tensor) -> Tensor:
        """Slide over the letters; padding is zeros, so that it says no more than a word's edge does."""
        return pool.maximum(self.windows(x.transpose(1, 2)).transpose(1, 2), mask)


class _Recurrent(Letters):
    """The last states of an LSTM in both directions (Lample et al. 2016)."""

    def __init__(self, alphabet: int, size: int, drop: float) -> None:
        super().__init__(alphabet, drop)
        if size % 2:
            raise InputError(f"source.letters_size={size}: an LSTM reads letters both ways, so it must be even.")
        self.stack = RecurrentStack(LSTM, LETTER_SIZE, size // 2, 1, "both", 0.0, "step", 0.0, False, "zero")

    def read(self, x: Tensor, mask: Tensor) -> Tensor:
        """Read from both ends."""
        return self.stack.top(self.stack(x, mask, None)[1])
