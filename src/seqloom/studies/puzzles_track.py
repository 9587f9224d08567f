"""Tracking: a walk on a ring, of which the source tells every place, not always truly.

What a decoder heard last says where the walk was a step ago: all that it needs beside the source, as long as it is
true. Once it is wrong, only the source can bring it back.
"""

import torch

from seqloom.batch import Batch
from seqloom.studies.puzzles import FIRST, pairs


def tracking(g: torch.Generator, rows: int, length: int, places: int = 16, lies: float = 0.4) -> Batch:
    """Write the places of a walk, of which a share `lies` is told wrongly, each by a place drawn at random.

    The walk starts anywhere and moves by -1, 0 or 1 at each step, round a ring of so many places. Source and target
    are ids of places [rows, length].
    """
    start = torch.randint(0, places, (rows, 1), generator=g)
    moves = torch.randint(-1, 2, (rows, length), generator=g)
    walk = (start + moves.cumsum(1)) % places
    wrong = torch.rand(rows, length, generator=g) < lies
    told = torch.where(wrong, torch.randint(0, places, (rows, length), generator=g), walk)
    return pairs(told + FIRST, walk + FIRST)
