"""Numbers: rows of numbers as vectors, standardised by what the training rows were like.

A row may be one cell of several numbers, several cells of one number each, or both; its numbers count in order. A cell
holds them with spaces or commas between, or as a JSON list. A folder holds what was learnt as `numbers.json`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.data.formats import BadRow
from seqloom.data.pairs import Pairs
from seqloom.data.rows import OnBadRow
from seqloom.data.sealed import seal, unseal
from seqloom.errors import InputError

FORMAT = 1
Floats = NDArray[np.float64]


class Numbers:
    """The mean and the standard deviation of each number of a row, over the training rows.

    digest  sha256 of the content: two with the same one read alike
    """

    kind = "vector"

    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        """`train` and `load` make them."""
        self.mean, self.deviation = tuple(mean), tuple(deviation)
        self.digest = hashlib.sha256(json.dumps([FORMAT, self.mean, self.deviation]).encode()).hexdigest()

    @classmethod
    def train(cls, rows: Iterable[Sequence[str]]) -> "Numbers":
        """Learn from rows of cells, each with as many numbers as the others (see `numeric`).

        Raises InputError for numbers so large that they have no mean.
        """
        values = np.array([parse(row) for row in rows], np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            mean, deviation = values.mean(0), values.std(0)
        if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
            raise InputError("the numbers of the source are too large to have a mean. Give them in a larger unit.")
        same = values.min(0) == values.max(0)  # of which rounding would make a tiny deviation
        return cls(np.where(same, values[0], mean).tolist(), np.where(same, 0, deviation).tolist())

    def __len__(self) -> int:
        """Return how many numbers a row has."""
        return len(self.mean)

    def read(self, row: Sequence[str]) -> list[float]:
        """Return the numbers of a row less their mean, in deviations; one that never differed in training gives 0
        where it is the same.

        Raises BadRow for what is not the numbers it should be.
        """
        found = parse(row, len(self))
        scale = np.array([one or 1.0 for one in self.deviation])
        with np.errstate(over="ignore"):
            values = (np.array(found) - np.array(self.mean)) / scale
            far = ~np.isfinite(values.astype(np.float32))
        if far.any():
            raise BadRow(f"{found[int(far.argmax())]:g} is too far from what training has seen")
        return values.tolist()

    def save(self, folder: str | Path) -> None:
        """Write `numbers.json` into a folder, made if need be."""
        content = {"mean": self.mean, "deviation": self.deviation}
        seal(Path(folder) / "numbers.json", FORMAT, content, self.digest)

    @classmethod
    def load(cls, folder: str | Path) -> "Numbers":
        """Read what `save` wrote. Raises CheckpointError where it is missing, damaged or of a later format."""
        return unseal(
            Path(folder) / "numbers.json",
            FORMAT,
            lambda about: cls(about["mean"], about["deviation"]),
            lambda made: made.digest,
        )


def parse(row: Sequence[str], count: int | None = None) -> list[float]:
    """Return the numbers of a row, which must be `count` if that is given.

    Raises BadRow for anything but finite numbers, and for another count.
    """
    found = [value for cell in row for value in _cell(cell)]
    if count is not None and len(found) != count:
        raise BadRow(f"{len(found)} number{'' if len(found) == 1 else 's'}, expected {count}")
    return found


def _cell(cell: str) -> list[float]:
    text = cell.strip()
    if not text:
        raise BadRow("a number is missing")
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except json.JSONDecodeError:
            raise BadRow(f"{_short(text)} is no JSON list of numbers") from None
        if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in listed):
            raise BadRow(f"{_short(text)} holds more than numbers")
        words = [repr(one) for one in listed]
    else:
        words = text.split(",") if "," in text else text.split()
    values = []
    for word in words:
        try:
            value = float(word)
        except (ValueError, OverflowError):
            raise BadRow(f"{_short(word.strip())!r} is no number") from None
        if not np.isfinite(value):
            raise BadRow(f"{word.strip()} is not finite")
        values.append(value)
    return values


def numeric(pairs: Pairs, count: int | None, on_bad_row: OnBadRow) -> tuple[Pairs, str]:
    """Return the pairs whose source is numbers, `count` of them (None: as many as in the first), and a note on others.

    Raises InputError for the first that is none unless such rows are skipped, or where none is left.
    """
    kept: list[int] = []
    first = ""
    for index, pair in enumerate(pairs):
        try:
            found = parse(pair.source, count)
        except BadRow as bad:
            problem = f"{pairs.where(index)}: {bad.problem}"
            if on_bad_row == "error":
                raise InputError(f"{problem}. {bad.fix}, or skip such rows with --on-bad-row skip.") from None
            first = first or problem
        else:
            count = len(found)
            kept.append(index)
    left_out = len(pairs) - len(kept)
    if not left_out:
        return pairs, ""
    if not kept:
        raise InputError(f"{pairs.path}: no row has numbers for a source; the first: {first}.")
    rows = f"{left_out} row{'' if left_out == 1 else 's'}"
    some = pairs.at(kept)
    note = f"{rows} of {len(pairs)} whose source is not numbers skipped, the first: {first}"
    return Pairs(pairs.path, some.source, some.target, pairs.skipped + left_out), note


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "..."
