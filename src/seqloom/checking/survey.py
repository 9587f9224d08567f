"""Survey: one pass over a part, which keeps a few numbers a row (about 90 bytes) and never the rows."""

from array import array
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.checking.encodings import Encodings
from seqloom.checking.near import CHUNK, RUN, Bands, bands_of
from seqloom.checking.normal import Hashes, hashed, normal
from seqloom.checking.part import BETWEEN, Part

LABELS = ("label", "labels", "tags")
MOST = 100_000
"""Different labels that are counted; a column with more holds no labels."""


@dataclass(frozen=True)
class Survey:
    """What a pass over a part found.

    exact      hash of what is read of each row [rows]
    normal     the same of its normal form (`normal.py`) [rows]; that of `exact` where it is no text
    told       hash of what is told of each row [rows]
    bands      what texts that are nearly the same have in common [rows, bands]; none where it is no text
    sizes      letters of each row's normal form [rows]
    encodings  what is wrong with letters, of what is read and, where that is a text, of what is told
    letters    the different letters of what is read
    labels     how often each label is told
    strange    rows with a letter that training has not, and the first such row and letter
    """

    part: Part
    exact: Hashes
    normal: Hashes
    told: Hashes
    bands: Bands
    sizes: NDArray[np.int32]
    encodings: Encodings
    letters: set[str]
    labels: Counter[str]
    strange: int = 0
    first_strange: tuple[int, str] | None = None


def survey(part: Part, known: Survey | None = None) -> Survey:
    """Read a part once; `known` is the survey of training, whose letters are no strange ones."""
    exact, plain, told, sizes = array("Q"), array("Q"), array("Q"), array("i")
    bands: list[Bands] = []
    waiting: list[str] = []
    encodings, letters = Encodings(), set[str]()
    labels: Counter[str] = Counter()
    strange, first = 0, None
    for place, (text, pieces) in enumerate(part.read()):
        one = hashed(text)
        exact.append(one)
        told.append(hashed(BETWEEN.join(pieces)))
        if part.kind in LABELS and len(labels) < MOST:
            labels.update(pieces)
        elif part.kind == "text":
            encodings.add(place, pieces[0])
        if not part.written:
            plain.append(one)
            sizes.append(0)
            continue
        same = normal(text)
        text = text.replace(BETWEEN, "\n")
        encodings.add(place, text)
        plain.append(hashed(same))
        sizes.append(len(same))
        own = set(text)
        letters |= own
        if known is not None and (new := own - known.letters):
            strange += 1
            first = first or (place, min(new, key=text.index))
        if part.run:
            waiting.append(same)
        if len(waiting) == CHUNK:
            bands.append(bands_of(waiting, part.run))
            waiting = []
    bands.append(bands_of(waiting, part.run or RUN))
    return Survey(
        part,
        exact=np.frombuffer(exact, np.uint64),
        normal=np.frombuffer(plain, np.uint64),
        told=np.frombuffer(told, np.uint64),
        bands=np.concatenate(bands),
        sizes=np.frombuffer(sizes, np.int32),
        encodings=encodings,
        letters=letters,
        labels=labels,
        strange=strange,
        first_strange=first,
    )
