"""Unknown tokens: what of a row the vocabulary lacks, so that the model cannot tell it from other such tokens."""

from collections.abc import Sequence

from seqloom.data.vocabulary import UNK
from seqloom.explaining.subject import Subject
from seqloom.report.terminal import visible

SHOWN = 8
"""Tokens that are named; more are counted."""
NAMELESS = "<unk>"
"""What an unknown token is called whose writing is not at hand."""


def unknown(subject: Subject) -> list[str]:
    """Say which tokens of the row and of the answer are read as unknown; nothing where all are known."""
    names: list[str] = []
    for side, axis in subject.axes.items():
        ids = _ids(subject, side)
        if len(ids) == len(axis):
            names += [axis.tokens[at] for at, one in enumerate(ids) if one == UNK]
    return said(names)


def said(names: Sequence[str]) -> list[str]:
    """Say that tokens are unknown, each once, by what was written; those that only have their sign are counted."""
    different = list(dict.fromkeys(name for name in names if name != NAMELESS))
    nameless = sum(name == NAMELESS for name in names)
    if not names:
        return []
    parts = [", ".join(f"'{visible(name)}'" for name in different[:SHOWN])] if different else []
    more = len(different) - SHOWN if len(different) > SHOWN else 0
    parts += [f"{more} more"] if more else []
    parts += [f"{nameless} {'token' if nameless == 1 else 'tokens'}"] if nameless else []
    verb = "is" if len(different) + nameless == 1 else "are"
    return [f"{' and '.join(parts)} {verb} not in the vocabulary: the model reads every such token as the same <unk>."]


def _ids(subject: Subject, side: str) -> list[int]:
    """Return the ids of a side's steps; none where they are numbers."""
    if side == "answer":
        return list(subject.ids)
    field = subject.batch.inputs.get(side)
    if field is None or field.mask is None or field.values.is_floating_point():
        return []
    values = field.values[0]
    values = values[..., 0] if values.dim() == 2 else values  # words with their letters: the word's own id is first
    ids: list[int] = values[field.mask[0]].tolist()
    return ids
