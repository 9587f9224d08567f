"""Unknown tokens: what of a row the vocabulary lacks, so that the model cannot tell it from other such tokens."""

from seqloom.data.vocabulary import UNK
from seqloom.explaining.subject import Subject
from seqloom.report.terminal import visible

SHOWN = 8
"""Tokens that are named; more are counted."""


def unknown(subject: Subject) -> list[str]:
    """Say which tokens of the row and of the answer are read as unknown; nothing where all are known."""
    names: dict[str, None] = {}
    for side, axis in subject.axes.items():
        ids = _ids(subject, side)
        if len(ids) == len(axis):
            names |= {axis.tokens[at]: None for at, one in enumerate(ids) if one == UNK}
    if not names:
        return []
    told = ", ".join(f"'{visible(name)}'" for name in list(names)[:SHOWN])
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    verb = "is" if len(names) == 1 else "are"
    return [f"{told}{more} {verb} not in the vocabulary: the model reads every such token as the same <unk>."]


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
