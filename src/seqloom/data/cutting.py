"""Where sorted rows are cut into batches: rows of one length as full as they go, rows of two lengths where little of a
batch is padding.

Rows of two lengths (a source and a target) vary on both sides, so a full batch of them holds more padding the larger it
is: in 500 of the 29,000 pairs of Multi30k, 4.4 % of all positions. There the cuts with the fewest positions in all are
looked for, every batch counted as `update` positions more. That is a shortest path over the places where a cut may be:

    cost(j) = min over i < j of cost(i) + update + rows(i..j) * (longest source + longest target of i..j)

A cut may be at some places alone, by lot, so that a row meets others in the next epoch.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Sizes = NDArray[np.int64]
UPDATE, SHARE = 500, 0.06
"""Positions that an update is taken to cost beside its own, and their least share of a full batch: fewer make many
small batches, more make padding."""
PARTS = 6
"""Parts of a full batch between which a cut may be, and stretches of a batch of which each may have one more cut, at a
change of lengths. The time it takes grows with the square of both."""
CHANGES = 0.5
"""Share of the changes of lengths, drawn by lot, at which a cut may be."""


def fully(sizes: Sizes, most: int) -> list[int]:
    """Return the bounds of batches of rows whose sizes grow: each takes all that `most` positions hold, one row at
    least. It goes from one change of size to the next, whatever the number of rows."""
    bounds, start = [0], 0
    if not len(sizes):
        return bounds
    edges = [0, *(np.flatnonzero(np.diff(sizes)) + 1).tolist(), len(sizes)]
    for begin, end in pairwise(edges):
        room = max(1, most // int(sizes[begin]))
        if begin - start >= room:  # full already, now that rows are longer
            bounds.append(begin)
            start = begin
        if ends := range(start + room, end, room):
            bounds += ends
            start = ends[-1]
    return [*bounds, len(sizes)]


def sparsely(sizes: Sizes, leans: Sizes, most: int, draw: np.random.Generator) -> list[int]:
    """Return the bounds of batches of few paddings of rows of two sides, sorted by the longer one: `sizes` is its
    length, and `leans` is by how much the first side is longer than the second."""
    first, second = sizes + np.minimum(leans, 0), sizes - np.maximum(leans, 0)
    if not len(sizes):
        return [0]
    starts = _places(sizes, leans, most, draw)
    ones, others, longest = (np.maximum.reduceat(side, starts).tolist() for side in (first, second, sizes))
    rows = np.diff(starts, append=len(sizes)).tolist()
    update = max(UPDATE, SHARE * most)
    cost, came = [0.0, *[np.inf] * len(rows)], [0] * (len(rows) + 1)
    for begin in range(len(rows)):
        so_far = cost[begin] + update
        count = one = other = 0
        for place in range(begin, len(rows)):
            count += rows[place]
            if place > begin and count * longest[place] > most:
                break
            if ones[place] > one:
                one = ones[place]
            if others[place] > other:
                other = others[place]
            if (whole := so_far + count * (one + other)) < cost[place + 1]:
                cost[place + 1], came[place + 1] = whole, begin
    bounds, place = [len(sizes)], len(rows)
    while place:
        place = came[place]
        bounds.append(int(starts[place]))
    return bounds[::-1]


def _places(sizes: Sizes, leans: Sizes, most: int, draw: np.random.Generator) -> NDArray[np.intp]:
    """Draw the rows before which a cut may be, the first one among them. What is between two fits into a batch."""
    rows = np.arange(len(sizes))
    chosen = (rows + int(draw.integers(most))) % np.maximum(1, most // sizes // PARTS) == 0
    changes = 1 + np.flatnonzero((np.diff(sizes) != 0) | (np.diff(leans) != 0))
    changes = changes[draw.random(len(changes)) < CHANGES]
    stretch = (np.cumsum(sizes)[changes] + int(draw.integers(most))) // max(1, most // PARTS)
    chosen[changes[np.diff(stretch, prepend=-1) != 0]] = True  # one in a stretch
    chosen[:1] = True
    starts = np.flatnonzero(chosen)
    ends = np.append(starts[1:], len(sizes))
    for place in np.flatnonzero((ends - starts) * sizes[ends - 1] > most):  # too far apart: every row there
        chosen[starts[place] : ends[place]] = True
    return np.flatnonzero(chosen)
