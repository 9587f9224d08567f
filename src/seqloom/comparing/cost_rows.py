"""The rows that costs are measured on: as the model reads them, each alone, and as `Run.predict` takes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from seqloom.batch import Batch, Field
from seqloom.errors import InputError
from seqloom.tasks.language import Language
from seqloom.tasks.parts import TEST
from seqloom.tasks.task import Data, Say
from seqloom.training.run import Run

FEW = 6
"""Rows that are looked at one by one, spread over all lengths."""
MANY = 64
"""Rows of the file that are answered."""


@dataclass(frozen=True)
class Rows:
    """What is measured on.

    data     the rows in batches
    batches  single rows, without padding, their `tokens` those of the row
    asked    rows as `Run.predict` takes them, the first of the file; none of a language model, and where the file
             cannot be read so
    """

    data: Data
    batches: Sequence[Batch]
    asked: Sequence[Any]


def rows_of(run: Run, on: str | None, say: Say) -> Rows:
    """Choose rows of a run. Raises InputError where it has none to evaluate on."""
    try:
        data = run.task.evaluation(on, _hush, run.model.carries)
    except InputError:
        if on is not None or not run.spec.data.test:
            raise
        data = run.task.evaluation(TEST, _hush, run.model.carries)
    keys = data.order(0)
    chosen = [keys[place] for place in _spread(len(keys), FEW)]
    batches = [_alone(data, key).to(run.device) for key in chosen]
    return Rows(data, [one for one in batches if one.tokens], _asked(run, on, say))


def _asked(run: Run, on: str | None, say: Say) -> list[Any]:
    if isinstance(run.task, Language):
        return []
    path = str(run.spec.data.train if on is None or on == TEST else on)
    first = path.partition(",")[0].rpartition("=")[2]  # of a file a side, or a label, the first
    errors = []
    for one in dict.fromkeys((path, first)):
        try:
            return [row for _, row in islice(run.task.rows_of(one, _hush), MANY)]
        except InputError as error:
            errors.append(error)
    say(f"latency is that of the model alone, for rows could not be read to be answered: {errors[0]}")
    return []


def _alone(data: Data, key: Any) -> Batch:
    """Return the middle row of a batch by itself, without padding."""
    if isinstance(key, np.ndarray | list) and len(key) > 1:
        middle = len(key) // 2
        one = data.load(key[middle : middle + 1])
    else:
        whole = data.load(key)
        one = trimmed(whole.first(1))
        masks = [field.mask for field in (*one.target.values(), *one.inputs.values()) if field.mask is not None]
        rows = max((len(field.values) for field in whole.inputs.values()), default=1)
        one = replace(one, tokens=whole.tokens if rows == 1 or not masks else int(masks[0].sum()))
    windows = [field.values.shape[1] for field in one.target.values() if not field.prefix]
    return replace(one, tokens=windows[0]) if windows else one  # all of a window is read, whatever of it is scored


def trimmed(batch: Batch) -> Batch:
    """Cut the padding that every row of a batch has."""

    def cut(field: Field) -> Field:
        if field.mask is None or not field.prefix:
            return field
        length = int(field.mask.sum(1).max())
        return replace(field, values=field.values[:, :length], mask=field.mask[:, :length])

    inputs = {name: cut(field) for name, field in batch.inputs.items()}
    return replace(batch, inputs=inputs, target={name: cut(field) for name, field in batch.target.items()})


def _spread(count: int, most: int) -> list[int]:
    """Return at most so many places among `count`, evenly."""
    return sorted({(2 * at + 1) * count // (2 * most) for at in range(most)}) if count else []


def _hush(note: str) -> None:
    """Say nothing: what there is to say of the data was said when the run was judged on them."""
