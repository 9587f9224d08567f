"""Shuffled: a file of labelled texts, read by the task `classify`, with the words of each row as they are or mixed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.errors import InputError
from seqloom.spec import Cut, parse
from seqloom.tasks.classify import Classify
from seqloom.tasks.task import Data, Say

BATCH_TOKENS = 1024
"""Positions of a batch: some fifty rows of a sentence each."""


@dataclass(frozen=True)
class Labelled:
    """What a file of labelled texts holds: rows to train on, rows held out, and how many ids and labels there are."""

    train: Data
    valid: Data
    vocabulary: int
    labels: int

    def batches(self, g: torch.Generator, mixed: bool) -> Iterator[Batch]:
        """Yield batches to train on without end, in an order drawn from g."""
        for epoch in count():
            keys = self.train.order(epoch)
            for place in torch.randperm(len(keys), generator=g).tolist():
                batch = self.train.load(keys[place])
                yield mix(batch, g) if mixed else batch

    def held(self, g: torch.Generator, mixed: bool) -> Iterator[Batch]:
        """Yield the batches held out, once."""
        for key in self.valid.order(0):
            batch = self.valid.load(key)
            yield mix(batch, g) if mixed else batch


def labelled(path: str, format: str, tokens: Cut, seed: int, say: Say) -> Labelled:
    """Read a file of labelled texts, a fifth of it held out; words that occur often enough get ids.

    Raises InputError where it cannot be read, or holds no two labels.
    """
    spec = parse(
        {
            "task": "classify",
            "data": {"train": path, "valid": 0.2, "format": format},
            "source": {"tokens": tokens, "vocab": 2000, "max_length": 64},
            "target": {},
            "fit": {"batch_tokens": BATCH_TOKENS, "seed": seed},
        }
    )
    task = Classify.learn(spec, say)
    train, valid = task.training(say, False)
    wiring = task.wiring()
    if valid is None or not valid.order(0) or wiring.source is None:
        raise InputError(f"{path}: too few rows of text to hold some out: give a file of at least ten.")
    return Labelled(train, valid, wiring.source, len(task.labels))


def mix(batch: Batch, g: torch.Generator) -> Batch:
    """Return a batch with the steps of each row in an order drawn from g; padding stays where it is."""
    source = batch.inputs["source"]
    assert source.mask is not None
    return replace(batch, inputs={"source": replace(source, values=mixed(source.values, source.mask, g))})


def mixed(values: Tensor, mask: Tensor, g: torch.Generator) -> Tensor:
    """Return values [batch, time] with the steps of each row under its mask in an order drawn from g."""
    key = torch.rand(values.shape, generator=g).masked_fill(~mask, 2.0)
    return values.gather(1, key.argsort(dim=1, stable=True))
