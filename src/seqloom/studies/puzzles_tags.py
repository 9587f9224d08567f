"""Puzzles of tags: the answer at a step lies so many steps before it, after it, or on both sides of it."""

from typing import Literal

import torch

from seqloom.batch import Batch, Field
from seqloom.studies.puzzles import FIRST, all_of, symbols_of

Lies = Literal["past", "future", "both sides"]
LIES: tuple[Lies, ...] = ("past", "future", "both sides")


def tagged(g: torch.Generator, rows: int, length: int, lies: Lies, away: int = 3, symbols: int = 8) -> Batch:
    """Tag each step with the symbol `away` steps before or after it, or with whether the later one is the greater.

    Source [rows, length] of ids; head "tags" [rows, length], of which the first and last `away` steps do not count:
    there is no such symbol on one side.
    """
    source = symbols_of(g, rows, length, symbols)
    before, after = source.roll(away, 1), source.roll(-away, 1)
    tags = {"past": before - FIRST, "future": after - FIRST, "both sides": (before < after).long()}[lies]
    counted = torch.zeros(source.shape, dtype=torch.bool)
    counted[:, away : length - away] = True
    return Batch({"source": all_of(source)}, {"tags": Field(tags * counted, counted, prefix=False)})


def guess(lies: Lies, symbols: int) -> float:
    """Return the best accuracy without the side where the answer lies (of both sides: without either one)."""
    if lies != "both sides":
        return 1 / symbols
    return sum(max(less, symbols - less) for less in range(symbols)) / symbols**2
