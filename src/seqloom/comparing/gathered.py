"""Gathered: statistics of rows that come in batches of any order, put back in the order of the data."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.comparing.measure import Floats, Items
from seqloom.comparing.measures import measure_of
from seqloom.comparing.rarity import Ranks, ranks_of
from seqloom.errors import InputError, nearest
from seqloom.heads.head import Head
from seqloom.model import SequenceModel
from seqloom.tasks.task import Say
from seqloom.training.run import Run

ROOM = 100_000_000
"""Numbers of all rows together at most: 800 MB."""


class Gathered:
    """Rows by their numbers. What is not told of them stays unknown: lengths -1, no class, no rarity."""

    def __init__(self) -> None:
        self._rows: list[NDArray[np.int64]] = []
        self._stats: list[Floats] = []
        self._beside: dict[str, list[NDArray[Any]]] = {"lengths": [], "classes": [], "rarity": []}

    def put(
        self,
        rows: Sequence[int],
        stats: ArrayLike,
        lengths: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        rarity: ArrayLike | None = None,
    ) -> None:
        """Take stats [rows, k] and what else is known of each row [rows]. Raises InputError for more than memory
        should hold."""
        made = np.asarray(stats, np.float64).reshape(len(rows), -1)
        self._rows.append(np.asarray(rows, np.int64))
        self._stats.append(made)
        for name, given in (("lengths", lengths), ("classes", classes), ("rarity", rarity)):
            unknown = np.full(len(rows), np.nan if name == "rarity" else -1)
            self._beside[name].append(unknown if given is None else np.asarray(given))
        if sum(map(np.size, self._stats)) > ROOM:
            raise InputError(
                f"{made.shape[1]} numbers for each of so many rows are more than memory should hold: compare by a "
                "metric that needs fewer, such as accuracy, or on fewer rows (--test FILE)."
            )

    def items(self, measure: str, names: Sequence[str] = ()) -> Items:
        """Return the rows in their order; `names` are those of the classes. Raises InputError where there is no row."""
        if not self._rows:
            raise InputError("there is nothing to measure: the data has no row.")
        rows = np.concatenate(self._rows)
        order = np.argsort(rows, kind="stable")
        found = {name: np.concatenate(parts)[order] for name, parts in self._beside.items()}
        classes, rarity = found["classes"].astype(np.int64), found["rarity"].astype(np.float64)
        return Items(
            measure,
            np.concatenate(self._stats)[order],
            found["lengths"].astype(np.int64),
            (tuple(names), classes) if names else None,
            None if np.isnan(rarity).all() else rarity,
        )


class Gatherer(ABC):
    """Watches a pass over data and tells what each row is worth by one metric.

    usual  the metric where none is named
    known  those that can be asked for
    """

    usual: str
    known: tuple[str, ...]

    def __init__(self, run: Run, say: Say) -> None:
        self.run, self.say, self.name, self.kept = run, say, "", Gathered()

    @cached_property
    def ranks(self) -> Ranks | None:
        """The ranks of the tokens whose rarity is told; None where there are none."""
        vocabulary = self.vocabulary()
        return None if vocabulary is None else ranks_of(self.run, vocabulary, self.tokens, self.say)

    def vocabulary(self) -> object:
        """Return what the tokens are of; None for what has none."""
        return None

    def tokens(self, batch: Batch) -> Field:
        """Return the ids of the tokens of each row [rows, time]: of the source, unless said otherwise."""
        source = batch.inputs["source"]
        return source if source.values.dim() == 2 else replace(source, values=source.values[..., 0])

    def rarity(self, batch: Batch) -> Floats | None:
        """Return how rare the tokens of each row are."""
        if self.ranks is None:
            return None
        field = self.tokens(batch)
        return self.ranks.rows(field.values, field.mask)

    def ask(self, name: str | None) -> None:
        """Choose the metric. Raises InputError for one that is no sum over the rows of this run."""
        self.name = self.usual if name is None else name
        if self.name not in self.known:
            raise InputError(
                f"metric={name}: runs of this task and data cannot be compared by it, row for row"
                + nearest(self.name, self.known)
            )
        measure_of(self.name)

    @abstractmethod
    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch."""

    def items(self) -> Items:
        """Return every row."""
        return self.kept.items(self.name)


def lengths_of(field: Field) -> NDArray[np.int64]:
    """Return how many steps each row of an input has."""
    assert field.mask is not None
    found: NDArray[np.int64] = field.mask.sum(1).cpu().numpy()
    return found


def row_losses(model: SequenceModel, outputs: dict[str, Tensor], batch: Batch, weighted: bool) -> Floats:
    """Return the sum of nats and the count of each row, for each head in turn: [rows, 2 x heads].

    A head is asked row by row: its loss of a row is what it adds to that of a batch. `weighted` sums are times the
    weight of their head, as in the loss of all heads together.
    """
    columns = []
    for name, target in batch.target.items():
        head = model.heads[name]
        assert isinstance(head, Head)
        weight = model.weights[name] if weighted else 1.0
        each = []
        for row in range(len(target.values)):
            alone = Field(
                target.values[row : row + 1],
                None if target.mask is None else target.mask[row : row + 1],
                target.prefix,
            )
            total, count = head.loss(outputs[name][row : row + 1], alone)
            each.append([weight * float(total), float(count)])
        columns.append(np.asarray(each, np.float64).reshape(-1, 2))
    return np.concatenate(columns, 1)


def counts_by(size: int, places: Sequence[int] | NDArray[np.int64]) -> Floats:
    """Return how often each of `size` places is named."""
    return np.bincount(np.asarray(places, np.int64), minlength=size).astype(np.float64)


def plain(values: Tensor) -> NDArray[Any]:
    """Return a tensor of any device as an array; of floats in double precision."""
    made = values.detach().cpu()
    found: NDArray[Any] = (made.double() if made.is_floating_point() else made).numpy()
    return found
