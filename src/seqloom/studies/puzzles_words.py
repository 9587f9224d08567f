"""Labelled texts of words: made ones, in which words of one mood keep company, or those of a file."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from seqloom.data.rows import read as read_rows
from seqloom.errors import InputError

MOOD = 0.8
"""Share of a text's words of mood that are of its own."""
FILLED = 0.5
"""Share of a text's words that are of no mood."""


@dataclass(frozen=True)
class Labelled:
    """Texts, the label of each, and the kind of every word where it is known: words of one kind mean alike."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    kinds: dict[str, str]

    def __len__(self) -> int:
        return len(self.texts)

    def some(self, places: Sequence[int]) -> "Labelled":
        """Return the rows at some places, in that order."""
        return Labelled(tuple(self.texts[one] for one in places), tuple(self.labels[one] for one in places), self.kinds)


def made(g: torch.Generator, rows: int, length: int, words: int) -> Labelled:
    """Make texts of `length` words, each label "good" or "bad".

    There are `words` words of each mood and as many of none, all alike in frequency within their kind. Half of a text
    is words of no mood; of the others 80 % are of the mood that its label names.
    """
    label = torch.randint(0, 2, (rows, 1), generator=g)
    other = torch.rand(rows, length, generator=g) > MOOD
    filled = torch.rand(rows, length, generator=g) < FILLED
    kind = torch.where(filled, 2, label ^ other.long()).tolist()  # 0 good, 1 bad, 2 neither
    number = torch.randint(0, words, (rows, length), generator=g).tolist()
    names = "good", "bad", "plain"
    texts = tuple(
        " ".join(f"{names[k]}{n}" for k, n in zip(kinds, ns, strict=True))
        for kinds, ns in zip(kind, number, strict=True)
    )
    known = {f"{name}{n}": name for name in names for n in range(words)}
    return Labelled(texts, tuple(names[one] for one in label.squeeze(1).tolist()), known)


def read(path: str) -> Labelled:
    """Read a file of two columns, the text and its label; a header names them `text` and `label`, or there is none.

    Raises InputError for a file that cannot be read or has other columns.
    """
    rows = read_rows(path)
    named = {"text", "label"} <= set(rows.columns)
    if not named and len(rows.columns) != 2:
        raise InputError(f"{path}: columns {', '.join(rows.columns)}: expected two, the text and its label.")
    text, label = ("text", "label") if named else rows.columns
    values = [row.values for row in rows]
    return Labelled(tuple(one[text] for one in values), tuple(one[label] for one in values), {})


def shuffled(texts: Sequence[str], g: torch.Generator) -> list[str]:
    """Deal the words of all texts out again, so that texts keep their lengths and words their counts, and no word its
    company."""
    split = [text.split() for text in texts]
    words = [word for text in split for word in text]
    order = iter(torch.randperm(len(words), generator=g).tolist())
    return [" ".join(words[next(order)] for _ in text) for text in split]
