"""Scores for a unigram language model of pieces (Kudo 2018, arXiv:1804.10959), the same for the same words always.

    P(word) = max over segmentations of the product of P(piece);  P(piece) = its share of all pieces used

Departures from the paper: the candidates are byte-pair merges, not frequent substrings; EM takes each word's best
segmentation (Viterbi) instead of all, so counts are whole numbers and do not depend on an order of summing (the
trainer of `tokenizers` does: its pieces vary from run to run); the least used pieces are pruned, not those of least
likelihood lost.
"""

import math
from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer, models

KEPT = 0.75
"""Share of the pieces that one round of pruning keeps, as in SentencePiece."""


def fit(words: Counter[str], candidates: Iterable[str], alphabet: list[str], size: int) -> dict[str, float]:
    """Return log probabilities of at most `size` pieces: the alphabet, and the most useful candidates.

    `words` are counted in the letters of the alphabet. Raises nothing a user can cause.
    """
    letters = set(alphabet)
    pieces = [*alphabet, *sorted(set(candidates) - letters)]
    # Long pieces first score as well as short ones, so that each gets a chance to be used.
    scores = _scores(pieces, Counter(dict.fromkeys(pieces, 1)))
    while True:
        for _ in range(2):
            used = _used(words, scores)
            scores = _scores(pieces, used)
        if len(pieces) <= size:
            return {piece: round(score, 5) for piece, score in scores.items()}
        room = max(size, int(KEPT * len(pieces))) - len(alphabet)
        others = sorted((piece for piece in pieces if piece not in letters), key=lambda piece: (-used[piece], piece))
        pieces = [*alphabet, *others[:room]]
        scores = {piece: scores[piece] for piece in pieces}


def _used(words: Counter[str], scores: dict[str, float]) -> Counter[str]:
    """Count the pieces of every word's best segmentation."""
    tokenizer = Tokenizer(models.Unigram([(" ", 0.0), *scores.items()], unk_id=0))
    pieces = [" ", *scores]
    used = [0] * len(pieces)
    for (_, count), found in zip(words.items(), tokenizer.encode_batch_fast(list(words)), strict=True):
        for number in found.ids:
            used[number] += count
    return Counter(dict(zip(pieces, used, strict=True)))


def _scores(pieces: list[str], used: Counter[str]) -> dict[str, float]:
    total = math.log(used.total() or 1)
    return {piece: math.log(used[piece] or 0.1) - total for piece in pieces}
