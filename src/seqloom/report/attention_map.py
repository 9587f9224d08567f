"""Attention maps: what each written token looked at, as plain numbers and as text on a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rich.cells import cell_len

from seqloom.report.fitting import cut, downwards
from seqloom.report.terminal import visible

SHADES = " ░▒▓█"
"""From nothing to the largest weight of the map."""
BLOCKS = 3
"""A source too wide for the terminal is cut into this many blocks at most; beyond, rows name what they look at."""
NAMED = 3
"""Sources that a row names where there is no room to draw."""


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Weights over the source for every token of the target.

    given   [target, source], or [heads, target, source]; each row of a head sums to 1, or is 0 for padding
    source  the tokens read, target the tokens written
    title   what this is a map of
    """

    given: ArrayLike
    source: Sequence[str]
    target: Sequence[str]
    title: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for weights that do not fit the tokens, or are none."""
        heads = self.heads
        if heads.ndim != 3 or heads.shape[1:] != (len(self.target), len(self.source)) or not len(heads):
            raise ValueError(
                f"weights of shape {heads.shape} for {len(self.target)} target and {len(self.source)} source tokens"
            )
        if not np.isfinite(heads).all() or (heads < 0).any():
            raise ValueError("weights that are negative or not finite")

    @cached_property
    def heads(self) -> NDArray[np.float64]:
        """The weights of each head: [heads, target, source]."""
        array = np.asarray(self.given, np.float64)
        return array[None] if array.ndim == 2 else array

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """The weights averaged over heads: [target, source]."""
        mean: NDArray[np.float64] = self.heads.mean(0)
        return mean

    @property
    def name(self) -> str:
        """The title, with how many heads it is the mean of."""
        return f"{self.title} (mean of {len(self.heads)} heads)".strip() if len(self.heads) > 1 else self.title


def as_text(drawn: AttentionMap, width: int = 100) -> str:
    """Return a map as shaded blocks, target tokens downwards and source tokens across, in at most `width` columns.

    Where the heads are several, their mean is drawn. A source too long for one block goes on in a second and third;
    one longer still is told in words, each row with the sources it looks at most.
    """
    source, target = [visible(one) for one in drawn.source], [visible(one) for one in drawn.target]
    margin = max(map(cell_len, target), default=0)
    if margin > width // 3:
        target, margin = [cut(one, width // 3) for one in target], width // 3
    across = 2 if any(cell_len(letter) > 1 for one in source for letter in one) else 1
    room = max(0, width - margin - 2)
    if across == 1 and 2 * len(source) <= room:
        across = 2  # squares are easier to see than strips
    fit = room // across
    lines = [drawn.name] if drawn.name else []
    if not fit or len(source) > BLOCKS * fit:
        lines += _named(drawn, source, target, margin, width)
    else:
        blocks = -(-len(source) // fit) or 1
        size = -(-len(source) // blocks) or 1  # all of one width, near enough
        for at in range(0, max(1, len(source)), size):
            lines += [*([""] if at else []), *_block(drawn, source, target, margin, across, at, size)]
        lines.append(f"{' ' * margin}  darkest {SHADES[-1]} = {drawn.mean.max(initial=0.0):.2f}")
    return "\n".join(line.rstrip() for line in lines)


def _block(
    drawn: AttentionMap, source: list[str], target: list[str], margin: int, across: int, at: int, size: int
) -> list[str]:
    """Return the lines of some columns of the map: the source tokens over them, then a row a target token."""
    top = drawn.mean.max(initial=0.0) or 1.0
    lines = [" " * (margin + 2) + line for line in downwards(source[at : at + size], across)]
    for name, row in zip(target, drawn.mean[:, at : at + size], strict=True):
        levels = np.rint(row / top * (len(SHADES) - 1)).astype(int)
        lines.append(f"{' ' * (margin - cell_len(name))}{name} │" + "".join(SHADES[one] * across for one in levels))
    return lines


def _named(drawn: AttentionMap, source: list[str], target: list[str], margin: int, width: int) -> list[str]:
    """Return a line a target token with the sources it looks at most, each with its place and weight."""
    lines = [f"{len(source)} source tokens are too many to draw; each row names those it looks at most, by place."]
    for name, row in zip(target, drawn.mean, strict=True):
        most = sorted(np.argsort(-row, kind="stable")[:NAMED].tolist())
        found = "  ".join(f"{place + 1} {cut(source[place], 12)} {row[place]:.2f}" for place in most)
        lines.append(cut(f"{' ' * (margin - cell_len(name))}{name} │ {found}", width))
    return lines
