"""Answering: rows in, answers out, in order and a chunk at a time, for the tasks that answer a row."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice

import torch

from seqloom.decoding.writer import check_ensemble
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.tasks.answers import Answer, Search, answer, settings_of
from seqloom.tasks.classify import Classify, Prediction
from seqloom.tasks.pairs import PairTask
from seqloom.training.allocator import keep_blocks

CHUNK = 256
"""Rows answered at once."""
Row = str | Sequence[str]


def labels(model: SequenceModel, task: Classify, rows: Iterable[Row], threshold: float | None) -> Iterator[Prediction]:
    """Yield what each row is taken for."""
    device = next(model.parameters()).device
    for chunk in chunks(rows, len(task.columns)):
        batch = task.batch(chunk).to(device)
        with torch.no_grad():
            outputs, _ = model(batch)
        yield from task.answer(model.heads["label"], outputs["label"], threshold)  # type: ignore[arg-type]


def texts(
    models: Sequence[SequenceModel], task: PairTask, rows: Iterable[Row], search: Search, first: int = 0
) -> Iterator[Answer]:
    """Yield what is written for each row by one model, or by several as an ensemble; `first` numbers the first row."""
    settings = settings_of(task.decode, search, task.target)
    if next(models[0].parameters()).device.type == "cpu":
        keep_blocks()  # a beam moves its caches at every step
    numbers = count(first, CHUNK)
    for chunk in chunks(rows, len(task.columns)):
        yield from answer(models, task.coder, chunk, settings, search.prefix, next(numbers))


def check_beside(digests: dict[str, str]) -> None:
    """Raise InputError unless runs, given as name: hash of their vocabularies, can write together."""
    if len(digests) > 1:
        check_ensemble(digests)


def chunks(rows: Iterable[Row], width: int) -> Iterator[list[list[str]]]:
    """Yield rows of `width` texts, some at a time. Raises InputError for a row of another width."""
    rest = ([row] if isinstance(row, str) else list(row) for row in rows)
    while chunk := list(islice(rest, CHUNK)):
        for row in chunk:
            if len(row) != width:
                raise InputError(f"a row of {len(row)} text(s); this model was trained on {width} a row.")
        yield chunk
