"""Near: texts that are almost the same, found without comparing each with each.

A text is the set of its runs of a few letters. MinHash (Broder 1997) keeps of that set its smallest value under each of
some random orders: two texts agree in a share of them that is near to the share of runs they have in common (Jaccard).
Bands of four (Leskovec, Rajaraman & Ullman 2014, chapter 3) make texts that agree in any whole band candidates, which
are then compared run by run. With eight bands, of texts that share 0.9 of their runs 99.9 % are found, of those that
share 0.8 98 %; what is called near is near indeed. 64 bytes a text are held.

Own code, for it is short: datasketch does the same a text at a time in Python, and rensa is one more binary to install.
"""

from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

BANDS, ROWS = 8, 4
RUN = 3
"""Letters of a run: a word changed in twenty then leaves texts near."""
LONG_RUN = 12
"""The same for an alphabet of few letters (DNA), of which any two texts have all short runs in common."""
NEAR = 0.8
"""The share of runs in common from which texts are near."""
LEAST = 20
"""Letters that a text must have; two short ones are soon alike."""
LETTERS = 1000
"""Letters of a text that are looked at, from its beginning."""
CHUNK = 2048
"""Texts whose runs are in memory at once."""
TRIED = 4
"""Candidates of a text in each band that are compared."""
MOST = 200_000
"""Comparisons in all; what is found is a part beyond that, which is said."""
Bands = NDArray[np.uint64]
Found = list[tuple[int, int, float]]
_SEED = 2026


def bands_of(texts: Iterable[str], run: int = RUN) -> Bands:
    """Return a hash of each band of each text, as `normal` writes texts: [texts, bands]; 0 for texts that are too
    short."""
    found, waiting = [], iter(texts)
    while chunk := list(islice(waiting, CHUNK)):
        found.append(_bands(chunk, run))
    return np.concatenate(found) if found else np.zeros((0, BANDS), np.uint64)


def common(one: str, other: str, run: int = RUN) -> float:
    """Return the share of runs that two texts have in common (Jaccard)."""
    first, second = _runs(one, run), _runs(other, run)
    whole = len(first | second)
    return len(first & second) / whole if whole else 0.0


def near(
    asked: tuple[Bands, Callable[[int], str]],
    known: tuple[Bands, Callable[[int], str]],
    skip: NDArray[np.bool_],
    run: int = RUN,
) -> tuple[Found, bool]:
    """Return (row asked, row known, share in common) of each text asked that is near to a known one, the nearest of
    those tried; and whether all candidates were compared.

    `asked` and `known` are bands and what returns a row's text, a normal one; `skip` [asked] leaves rows out, such as
    those that are known exactly.
    """
    found: Found = []
    left = MOST
    for row, others in sorted(_candidates(asked[0], known[0], skip).items()):
        if left < len(others):
            return found, False
        left -= len(others)
        text = asked[1](row)
        share, other = max((common(text, known[1](other), run), -other) for other in others)
        if share >= NEAR:
            found.append((row, -other, share))
    return found, True


def _candidates(asked: Bands, known: Bands, skip: NDArray[np.bool_]) -> dict[int, set[int]]:
    """Return, of each row asked, some known ones that agree with it in a whole band."""
    found: dict[int, set[int]] = {}
    for band in range(BANDS):
        order = np.argsort(known[:, band], kind="stable")
        column = known[order, band]
        first = np.searchsorted(column, asked[:, band], "left")
        last = np.searchsorted(column, asked[:, band], "right")
        for row in np.flatnonzero((last > first) & ~skip & (asked[:, band] != 0)).tolist():
            some = order[int(first[row]) : min(int(last[row]), int(first[row]) + TRIED)]
            found.setdefault(row, set()).update(some.tolist())
    return found


def _runs(text: str, run: int) -> set[str]:
    text = text[:LETTERS]
    return {text[place : place + run] for place in range(len(text) - run + 1)}


def _bands(texts: list[str], run: int) -> Bands:
    """Return the hashes of the bands of some texts [texts, bands]."""
    cut = [text[:LETTERS] if len(text) >= LEAST else "" for text in texts]
    found = np.zeros((len(texts), BANDS), np.uint64)
    kept = [row for row, text in enumerate(cut) if text]
    if not kept:
        return found
    letters = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    counts = np.array([len(cut[row]) - run + 1 for row in kept])  # runs of each text
    starts = np.cumsum(counts) - counts
    begins = starts + np.arange(len(kept)) * (run - 1)  # of each text among all letters
    places = np.arange(counts.sum()) + np.repeat(begins - starts, counts)
    runs = np.zeros(len(places), np.uint64)
    for step in range(run):  # a polynomial of the letters, modulo 2^64
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + letters[places + step]
    runs ^= runs >> np.uint64(29)
    draw = np.random.default_rng(_SEED)
    for band in range(BANDS):
        value = np.full(len(kept), band, np.uint64)
        for _ in range(ROWS):
            times, plus = draw.integers(1, 2**63, 2, dtype=np.uint64)
            mixed = runs * (times * np.uint64(2) + np.uint64(1)) + plus
            mixed ^= mixed >> np.uint64(32)
            value = (value ^ np.minimum.reduceat(mixed, starts)) * np.uint64(0x100000001B3)
            value ^= value >> np.uint64(31)
        found[kept, band] = value | np.uint64(1)
    return found
