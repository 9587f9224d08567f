"""A row's own vocabulary: words of the source that the target vocabulary lacks, so that they can be copied.

See et al. 2017, arXiv:1704.04368, section 2.2: such words get the ids that follow the vocabulary's, by first
occurrence, in this row only. A kind without unknown pieces (byte, bpe, unigram) needs none, and then ids are as ever.

    ids, extra = extend("김하늘 met Zoë", vocabulary)    # ids of the source in the target's vocabulary and beyond it
    target = encode("Zoë met 김하늘", vocabulary, extra)  # what the head should write
    vocabulary.decode(target, extra=extra)               # and back
"""

from collections.abc import Sequence

from seqloom.data.vocabulary import UNK, Vocabulary


def extend(source: str, vocabulary: Vocabulary) -> tuple[list[int], list[str]]:
    """Return the ids of a source and the row's own pieces, in the order of their ids.

    `vocabulary` is the target's; where it cuts text as the source's does, ids stand beside the source's own.
    """
    ids = vocabulary.encode(source)
    if UNK not in ids:
        return ids, []
    size, own = len(vocabulary), dict[str, int]()
    for place, piece in enumerate(vocabulary.pieces(source)):
        if ids[place] == UNK:
            ids[place] = own.setdefault(piece, size + len(own))
    return ids, list(own)


def cut(ids: list[int], extra: list[str], vocabulary: Vocabulary, limit: int) -> tuple[list[int], list[str]]:
    """Return at most `limit` ids of a source, and of its own pieces only those that are left to be copied."""
    ids = ids[:limit]
    return ids, extra[: max([*ids, len(vocabulary) - 1]) + 1 - len(vocabulary)]


def encode(target: str, vocabulary: Vocabulary, extra: Sequence[str]) -> list[int]:
    """Return the ids of a target; an unknown piece that the source has too gets its id there, others stay UNK."""
    ids = vocabulary.encode(target)
    if not extra or UNK not in ids:
        return ids
    own = {piece: len(vocabulary) + place for place, piece in enumerate(extra)}
    return [
        own.get(piece, UNK) if number == UNK else number
        for number, piece in zip(ids, vocabulary.pieces(target), strict=True)
    ]


def fed(ids: Sequence[int], vocabulary: Vocabulary) -> list[int]:
    """Return ids as a decoder is fed them: a copied piece has no embedding, so it is heard as UNK."""
    return [UNK if number >= len(vocabulary) else number for number in ids]
