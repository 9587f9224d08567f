"""The contract of a source: what a model reads of each row, learnt from the training rows and kept with the run."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqloom.batch import Field
from seqloom.spec import Spec
from seqloom.tasks.examples import Examples
from seqloom.tasks.task import Say

Draw = Callable[[int], np.random.Generator]
"""The randomness of one row."""
Rows = TypeVar("Rows", bound=Examples)


class Stored(ABC):
    """The sources of some rows as ids or numbers.

    lengths  steps of each
    varies   a row reads otherwise from epoch to epoch, when `field` is given a Draw
    """

    lengths: NDArray[np.int64]
    varies: bool = False

    @abstractmethod
    def field(self, rows: Sequence[int], draw: Draw | None) -> Field:
        """Lay some rows side by side; without a Draw as they are."""


class Source(ABC, Generic[Rows]):
    """Turns what is read of a row into steps of a model's input.

    learnt  what was fitted to the training rows: its `kind` and its length say how `check` calls it
    digest  hash of what its ids or numbers mean
    """

    learnt: Any
    digest: str

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @classmethod
    @abstractmethod
    def learn(cls, spec: Spec, examples: Rows, say: Say) -> Self:
        """Fit what depends on data. Raises InputError for rows that nothing can be learnt from."""

    @classmethod
    @abstractmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Read what `save` wrote."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `load` needs."""

    @abstractmethod
    def wiring(self, vectors_too: bool) -> dict[str, Any]:
        """Return the parts of a Wiring that the source knows."""

    @abstractmethod
    def store(self, examples: Rows, training: bool, say: Say) -> Stored:
        """Turn the sources of a file into ids or numbers, once. Raises InputError, with the place, for one that cannot
        be read."""

    @abstractmethod
    def chunks(self, rows: Iterable[Any]) -> Iterator[list[Any]]:
        """Yield rows to be answered some at a time. Raises InputError for what is no such row."""

    def alike(self, rows: Sequence[Any]) -> Iterable[Sequence[int]]:
        """Part rows to be answered, by their places, into those that are of like length; here all together."""
        return [range(len(rows))]

    @abstractmethod
    def field(self, rows: Sequence[Any]) -> Field:
        """Lay rows to be answered side by side."""
