"""Sources of numbers: one step that holds a vector, in place of the ids of a text (one-to-many)."""

from collections.abc import Iterable, Iterator, Sequence

import torch

from seqloom.batch import Field
from seqloom.data.formats import BadRow
from seqloom.data.numbers import Numbers, numeric
from seqloom.data.pairs import Pairs
from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import InputError
from seqloom.spec import Spec
from seqloom.tasks.pair_batches import Coder
from seqloom.tasks.task import Say


class NumberCoder(Coder):
    """Reads a source as one vector; a source has no ids, so that `sources` yields none for it."""

    def __init__(self, numbers: Numbers, target: Vocabulary) -> None:
        super().__init__(target, target, copies=False, longest=1)
        self.numbers = numbers

    def sources(self, rows: Iterable[Sequence[str]]) -> Iterator[list[int]]:
        """Yield no ids for each source."""
        return ([] for _ in rows)

    def lengths(self, rows: Sequence[Sequence[str]]) -> list[int]:
        """Return the steps of each source: one, or none where every cell is empty."""
        return [int(any(cell.strip() for cell in row)) for row in rows]

    def laid(self, ids: Sequence[Sequence[int]], rows: Iterable[Sequence[str]]) -> Field:
        """Lay sources side by side: values [rows, 1, numbers].

        Raises InputError for a row that is not as many finite numbers as training had.
        """
        vectors = [self._vector(row) for row in rows]
        values = torch.tensor(vectors, dtype=torch.float32).view(len(vectors), 1, len(self.numbers))
        return Field(values, torch.ones(len(vectors), 1, dtype=torch.bool))

    def check(self, row: Sequence[str], where: str) -> None:
        """Raise InputError, with the place, for a row that cannot be read; one without a number has no answer."""
        if any(cell.strip() for cell in row):
            self._vector(row, f"{where}: ")

    def _vector(self, row: Sequence[str], where: str = "") -> list[float]:
        try:
            return self.numbers.read(row)
        except BadRow as bad:
            raise InputError(
                f"{where}{bad.problem} (in {' | '.join(row)[:80]!r}). This model reads {len(self.numbers)} numbers a "
                "row, with spaces or commas between."
            ) from None


def only_numbers(pairs: Pairs, count: int | None, spec: Spec, say: Say) -> Pairs:
    """Return the pairs whose source is `count` numbers (None: as many as the first has); those left out are said.

    Raises InputError, with the place, for another source unless bad rows are skipped.
    """
    found, note = numeric(pairs, count, spec.data.on_bad_row)
    if note:
        say(note)
    return found
