"""Pretrained word vectors, laid beside a vocabulary."""

import torch
from torch import Tensor

from seqloom.data.kmers import Kmers
from seqloom.data.vectors import read_vectors
from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import InputError


def pretrained(path: str, vocabulary: Vocabulary | Kmers) -> Tensor:
    """Return vectors [vocabulary, size] with NaN rows for tokens that the file does not have.

    Raises InputError where the file has a vector for none of them.
    """
    tokens = {vocabulary.token(number): number for number in range(len(vocabulary))}
    words, matrix = read_vectors(path, set(tokens))
    if not words:
        raise InputError(
            f"{path}: holds none of the {len(vocabulary)} tokens of the vocabulary. Word vectors go with "
            "source.tokens: word, and lower-case ones with source.lowercase: true."
        )
    table = torch.full((len(vocabulary), matrix.shape[1]), float("nan"))
    for word, row in zip(words, matrix, strict=True):
        table[tokens[word]] = torch.from_numpy(row)
    return table
