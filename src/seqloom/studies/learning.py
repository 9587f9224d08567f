"""Learning: the models of a study, built from the parts of a spec, and the short trainings that teach them.

Updates are those of `seqloom train` (`training/update.py`): a study measures the software that it belongs to.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.build import Wiring, build
from seqloom.data.vocabulary import BOS, EOS
from seqloom.decoding.scheduled import share_at
from seqloom.decoding.settings import Settings
from seqloom.decoding.writer import decode
from seqloom.errors import NumberError
from seqloom.model import SequenceModel
from seqloom.spec import FitSpec, parse
from seqloom.training.optimizers import build_optimizer
from seqloom.training.schedules import factor
from seqloom.training.update import Bad, Updater

Draw = Callable[[torch.Generator], Batch]
SALT = 1_000_003
"""Told apart by it, the numbers that weights start from and those that data are made of follow from one seed."""


def model_of(wiring: Wiring, *, seed: int, task: str = "study", **parts: Any) -> SequenceModel:
    """Build the model of a spec's parts (`source`, `encoder`, `bridge`, `target`, `decoder`, `heads` ...), its weights
    drawn from a seed. Raises InputError for parts that do not fit."""
    with seeded(seed):
        return build(parse({"task": task, **parts}), wiring)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw from a seed inside, and leave torch's own numbers as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def numbers(seed: int, part: int = 0) -> torch.Generator:
    """Return what data are drawn from, by seed and part: training 0, measuring 1, and so on."""
    return torch.Generator().manual_seed(seed * SALT + part)


class _Drawn:
    """Batches that nothing carries State between."""

    carries = False

    def order(self, epoch: int) -> Sequence[Any]:
        """Return nothing: batches are drawn."""
        return ()

    def load(self, key: Any) -> Batch:
        """Return nothing: batches are drawn."""
        raise KeyError(key)


@dataclass(frozen=True)
class Course:
    """What happened in a training: the mean loss of each update in nats (or squared units), the gradient's norm before
    clipping, and whether it ended early because `enough` said so."""

    losses: tuple[float, ...]
    norms: tuple[float, ...]
    done: bool

    @property
    def steps(self) -> int:
        """Updates taken."""
        return len(self.losses)


def learn(
    model: SequenceModel,
    draw: Draw,
    *,
    seed: int,
    steps: int,
    enough: Callable[[], bool] | None = None,
    every: int = 50,
    **fit: Any,
) -> Course:
    """Train a model in place on batches drawn from a seed; `enough` is asked `every` so many updates.

    `fit` are keys of the fit section, with its defaults: lr, clip, schedule, warmup, optimizer, sampling ... Raises
    NumberError for an update that is not finite.
    """
    settings = FitSpec.model_validate({"optimizer": "adam", "steps": steps, **fit})
    data, losses, norms = numbers(seed), list[float](), list[float]()
    updater = Updater(model, build_optimizer(model, settings), _Drawn(), settings)
    model.train()
    try:
        with seeded(seed + 1):  # what dropout draws
            for step in range(steps):
                rate = settings.lr * factor(settings, step, steps)
                done = updater.update([draw(data)], rate, share_at(step, steps, settings))
                if isinstance(done, Bad):
                    raise NumberError(f"update {step + 1} of the study: {done.reason}, first given by {done.module}.")
                losses.append(done.loss)
                norms.append(done.norm)
                if enough is not None and (step + 1) % every == 0:
                    model.eval()
                    if enough():
                        return Course(tuple(losses), tuple(norms), True)
                    model.train()
    finally:
        model.eval()
    return Course(tuple(losses), tuple(norms), False)


def outputs(model: SequenceModel, batch: Batch) -> dict[str, Tensor]:
    """Return what the heads say of a batch, in evaluation mode and without gradients."""
    model.eval()
    with torch.no_grad():
        said: dict[str, Tensor] = model(batch)[0]
    return said


def loss(model: SequenceModel, batch: Batch) -> float:
    """Return the mean loss of a batch, in evaluation mode."""
    said = outputs(model, batch)
    with torch.no_grad():
        parts = model.loss(said, batch).values()
    return sum(float(total) / float(count) for total, count in parts)


def accuracy(model: SequenceModel, batch: Batch, head: str) -> float:
    """Return the share of right answers of a head of labels, tags or words, over places where the target's mask is
    True (all where it has none)."""
    target = batch.target[head]
    said = outputs(model, batch)[head]
    if said.shape[-1] == 1:  # two labels: the logit of the second
        said = torch.cat([torch.zeros_like(said), said], -1)
    right = said.argmax(-1) == target.values
    return float((right if target.mask is None else right[target.mask]).float().mean())


def written(model: SequenceModel, batch: Batch, longest: int, beam: int = 1) -> list[list[int]]:
    """Return what a model writes to each row's source by itself, at most `longest` tokens, without its end."""
    model.eval()
    found = decode([model], Batch({"source": batch.inputs["source"]}), Settings(beam=beam, max_length=longest))
    return [[one for one in hypotheses[0].ids if one not in (BOS, EOS)] for hypotheses in found]


def exact(model: SequenceModel, batch: Batch, head: str = "words", beam: int = 1) -> float:
    """Return the share of rows that a model writes wholly right by itself."""
    target = batch.target[head]
    assert target.mask is not None
    wanted = [
        [one for one in row[:length] if one != EOS]
        for row, length in zip(target.values.tolist(), target.mask.sum(1).tolist(), strict=True)
    ]
    told = written(model, batch, max(map(len, wanted)) + 2, beam)
    return sum(one == other for one, other in zip(told, wanted, strict=True)) / len(wanted)
