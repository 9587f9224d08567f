"""A puzzle of order: which of two marks comes first. Who does not see order can only guess."""

import torch

from seqloom.batch import Batch, Field
from seqloom.studies.puzzles import FIRST, all_of, symbols_of


def which_first(g: torch.Generator, rows: int, length: int, symbols: int = 8) -> Batch:
    """Put two marks at two places of a row of random symbols, in either order; the label is 1 where the second mark
    comes first.

    Source [rows, length] of ids, `symbols` + 2 of them, the marks last; head "label" [rows].
    """
    source = symbols_of(g, rows, length, symbols)
    place = torch.rand(rows, length, generator=g).argsort(1)[:, :2]  # of the first mark and of the second
    source.scatter_(1, place, torch.tensor([FIRST + symbols, FIRST + symbols + 1]).expand(rows, 2))
    return Batch({"source": all_of(source)}, {"label": Field((place[:, 1] < place[:, 0]).long())})
