"""Axes: what steps are called, and which of them a person reads as one word, syllable or letter."""

import unicodedata
from collections.abc import Sequence
from typing import Any

import torch

from seqloom.batch import Field
from seqloom.data.pieces import SPACED
from seqloom.data.vocabulary import EOS, UNK, Vocabulary
from seqloom.explaining.subject import Axis, numbered
from seqloom.model import SequenceModel

END = "∎"
"""Stands for the end of a side, which is a token too."""
KINDS = {"audio": "frame", "video": "frame", "image": "place"}


def axis_of(ids: Sequence[int], vocabulary: Any, texts: Sequence[str] = ()) -> Axis:
    """Return the axis of ids: pieces (bpe, unigram) belong to words, bytes to letters, jamo to syllables.

    `vocabulary` is a Vocabulary, or k-mers. `texts` are what the ids were made of, SEP between: what the vocabulary
    lacks is then called as it was written.
    """
    tokens = tuple(END if one == EOS else vocabulary.token(one) for one in ids)
    if texts and UNK in ids and isinstance(vocabulary, Vocabulary) and vocabulary.kind in (*SPACED, "char"):
        written = [piece for text in texts for piece in [*vocabulary.pieces(text), ""]]
        tokens = tuple(
            written[at] if one == UNK and at < len(written) else token
            for at, (one, token) in enumerate(zip(ids, tokens, strict=True))
        )
    if not isinstance(vocabulary, Vocabulary) or vocabulary.kind not in ("bpe", "unigram", "byte", "jamo"):
        return Axis(tokens)
    words: list[int] = []
    groups: list[list[int]] = []
    for place, (one, token) in enumerate(zip(ids, tokens, strict=True)):
        special = one <= UNK
        before = ids[place - 1] <= UNK if place else True
        if special or before or _begins(vocabulary, one, token, groups[-1]):
            groups.append([])
        groups[-1].append(one)
        words.append(len(groups) - 1)
    names = tuple(_named(group, vocabulary) for group in groups)
    return Axis(tokens, tuple(words), names)


def _begins(vocabulary: Vocabulary, one: int, token: str, group: list[int]) -> bool:
    """Say whether a piece begins a word, a letter or a syllable of its own, after the pieces of a group."""
    if vocabulary.kind == "byte":
        return not 0x80 <= one - UNK - 1 < 0xC0
    if vocabulary.kind == "jamo":
        return not (unicodedata.combining(token[0]) or "\u1160" <= token[0] <= "\u11ff") if token else True
    return one == vocabulary.newline or token[:1].isspace() or group[-1] == vocabulary.newline


def _named(group: list[int], vocabulary: Vocabulary) -> str:
    if len(group) == 1 and group[0] <= UNK:
        return END if group[0] == EOS else vocabulary.token(group[0])
    text = vocabulary.decode(group)
    text = text if text.strip() == "" else text.strip(" ")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text) or "∅"


def steps_read(model: SequenceModel, source: Field) -> int:
    """Return how many steps an encoder reads of the one row of a source."""
    assert model.source is not None and source.mask is not None
    with torch.no_grad():
        return int(model.source.steps(source.mask)[0].sum())


def axis_of_media(model: SequenceModel, source: Field, kind: str) -> Axis:
    """Return the axis of the steps that a front makes of one item: frames, or places of a picture by row and column."""
    count = steps_read(model, source)
    grid = getattr(model.source, "grid", None)
    if kind == "image" and grid is not None and grid[0] * grid[1] == count:
        rows, columns = int(grid[0]), int(grid[1])
        names = tuple(f"{row + 1},{column + 1}" for row in range(rows) for column in range(columns))
        return Axis(names, kind="place", grid=(rows, columns))
    return numbered(count, KINDS.get(kind, "step") if kind != "image" else "step")
