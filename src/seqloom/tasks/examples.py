"""Examples: some rows of a file, each with the cell of its label; of texts (`labelled.py`), series (`curves.py`) and
media (`clips.py`)."""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from seqloom.data.columns import split_labels
from seqloom.data.kept import Findings, Origin, kept, then
from seqloom.data.splits import hold_out
from seqloom.errors import InputError, nearest
from seqloom.spec import Spec
from seqloom.tasks.task import Say


class Examples(ABC):
    """Rows of one file; `multilabel` is what separates the labels of one row, None where it has one.

    path    what the file is called in messages
    origin  what is found in these rows comes from (`data/kept.py`); None: unknown, so nothing of it is kept
    """

    path: str
    multilabel: str | None
    origin: Origin | None = None

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def at(self, chosen: Sequence[int]) -> Self:
        """Pick some rows."""

    def part(self, chosen: NDArray[np.int64], origin: Origin | None) -> Self:
        """Pick some rows, perhaps millions, and say what they come from."""
        return self.at(chosen.tolist())

    @abstractmethod
    def keys(self) -> Iterator[str]:
        """Yield what tells each row from others, its label apart: rows of one key are duplicates."""

    @abstractmethod
    def cells(self) -> Iterator[str]:
        """Yield the label of each row as it was written."""

    @abstractmethod
    def where(self, place: int) -> str:
        """Return the place of a row for messages, such as "reviews.tsv:12"."""

    def labels(self) -> Iterator[list[str]]:
        """Yield the labels of each row."""
        return map(self.split, self.cells())

    def split(self, cell: str) -> list[str]:
        """Return the labels that a cell holds."""
        return [cell] if self.multilabel is None else split_labels(cell, self.multilabel)

    def tally(self) -> Counter[str]:
        """Count each label."""
        return Counter(label for labels in self.labels() for label in labels)

    def numbered(self, index: Mapping[str, int]) -> NDArray[np.int64]:
        """Return the number of each row's only label, -1 for one without."""
        return np.fromiter((index.get(label, -1) for (label,) in self.labels()), np.int64, len(self))

    def names(self) -> list[str]:
        """Return the columns by which rows may be held out."""
        return []

    def column(self, name: str) -> list[str]:
        """Return the cells of one of those columns."""
        raise KeyError(name)

    def chosen(self, said: str, say: Say) -> tuple[Self, Self] | None:
        """Hold out the rows with one of some cells in a column: "subject=5", or "subject=5,7"; None where that names no
        column. Raises InputError where no row, or every row, is of those, and where neither column nor file is there.
        """
        name, sign, listed = (part.strip() for part in said.partition("="))
        if sign and self.names() and name not in self.names() and not Path(listed.partition(",")[0]).exists():
            raise InputError(
                f"{said}: {self.path} has no column '{name}' whose rows could be held out, and no such file is there"
                + nearest(name, self.names())
            )
        if not sign or name not in self.names():
            return None
        cells, wanted = self.column(name), [one.strip() for one in listed.split(",")]
        missing = [one for one in wanted if one not in cells]
        there = sorted(set(cells))
        if missing:
            shown = ", ".join(there[:12]) + (", ..." if len(there) > 12 else "")
            raise InputError(f"{self.path}: no row has {name}={missing[0]}, to be held out; there is {shown}.")
        if set(wanted) == set(there):
            raise InputError(f"{self.path}: every row has {said}, which leaves none to train on.")
        held = [place for place, cell in enumerate(cells) if cell in wanted]
        kept = [place for place, cell in enumerate(cells) if cell not in wanted]
        say(f"{self.path}: {len(held)} rows with {said} are held out, {len(kept)} are trained on.")
        return self.at(kept), self.at(held)

    def halved(self, share: float, seed: int) -> tuple[Self, Self]:
        """Hold out a share of the rows, duplicates together."""
        origin = then(self.origin, "halved", share, seed)
        held = kept(origin, lambda: {"held": hold_out(self.keys(), share, seed)[1]})["held"]
        return self._both(held, origin)

    def parted(self, share: float, seed: int, say: Say) -> tuple[Self, Self]:
        """Hold out a share of the rows; a label that would be in the held part alone stays in training."""
        origin = then(self.origin, "parted", share, seed)
        found = kept(origin, lambda: self._parted(share, seed))
        if found["lone"]:
            say(f"{self.path}: {found['lone']} rows whose label occurs nowhere else stay in training.")
        return self._both(found["held"], origin)

    def _both(self, held: NDArray[np.int64], origin: Origin | None) -> tuple[Self, Self]:
        rest = np.ones(len(self), bool)
        rest[held] = False
        return self.part(np.flatnonzero(rest), then(origin, "rest")), self.part(held, then(origin, "held"))

    def _parted(self, share: float, seed: int) -> Findings:
        held = np.zeros(len(self), bool)
        held[hold_out(self.keys(), share, seed)[1]] = True
        seen = {label for out, labels in zip(held, self.labels(), strict=True) if not out for label in labels}
        lone = [place for place, labels in enumerate(self.labels()) if held[place] and not seen.issuperset(labels)]
        held[lone] = False
        if not held.any():
            raise InputError(f"{self.path}: too few rows of each label to hold any out; give --valid FILE.")
        return {"held": np.flatnonzero(held), "lone": len(lone)}

    def digest(self) -> str:
        """Return a hash of the rows and their labels, in order."""
        digest: str = kept(then(self.origin, "digest"), lambda: {"digest": self._digest()})["digest"]
        return digest

    def _digest(self) -> str:
        content = hashlib.sha256()
        for key, labels in zip(self.keys(), self.labels(), strict=True):
            content.update("\x1e".join([key, *labels, ""]).encode())
        return content.hexdigest()

    def first_label(self, wanted: set[str]) -> tuple[str, str]:
        """Return the place of the first row with one of some labels, and that label."""
        for place, labels in enumerate(self.labels()):
            for label in labels:
                if label in wanted:
                    return self.where(place), label
        raise AssertionError("a label that is there")


LABEL_COLUMNS = ("label", "class", "category", "target", "sentiment", "intent", "tag", "y")
"""Names that a column of labels usually bears."""


class Reader(ABC):
    """Which columns of a file are what: settled by the training file, and written into the spec for all others.

    usual  names that the column of what is told usually bears, the likeliest first
    """

    def __init__(self, spec: Spec, usual: Sequence[str] = LABEL_COLUMNS) -> None:
        self.spec, self.usual = spec, usual

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """What a person is asked for, to answer one row."""

    @property
    @abstractmethod
    def whole(self) -> bool:
        """Whether a file of the training file's format is more than lines, each a row."""

    @abstractmethod
    def training(self, path: str, say: Say) -> Examples:
        """Read the training file and write the columns found into the spec."""

    @abstractmethod
    def labelled(self, path: str, say: Say) -> Examples:
        """Read another file with labels as the training file was read."""

    @abstractmethod
    def rows(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], Any]]:
        """Read a file whose labels may be absent; yield each row's own values and what is to be answered."""
