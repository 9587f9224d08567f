"""Naive answers, which any model must beat to be worth anything: the commonest label, the mean, the commonest tag of
each word, tokens by how often they occur. They are measured as models are, on the same rows."""

import time
from typing import Protocol

import torch
from torch import Tensor

from seqloom.advising.judging import Judge, Look, gatherer_for, look_of
from seqloom.batch import Batch
from seqloom.comparing.measure import Measure
from seqloom.comparing.measures import measure_of
from seqloom.heads.label import LabelHead
from seqloom.heads.numbers import NumberHead
from seqloom.heads.point import PointHead
from seqloom.heads.tags import TagsHead
from seqloom.heads.tokens import TokensHead
from seqloom.model import SequenceModel
from seqloom.spec import Spec
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.task import Data, Task

SECONDS = 3.0
"""How long training data are counted; what comes later is not."""
SURE = 50.0
"""The score of what is told; no sum of a CRF's untrained transitions outweighs it."""


SILENT = ("wer", "cer", "per")
"""Measures by which what is not said is an error, and nothing more."""


class Naive(Protocol):
    """A head that has learnt nothing but counts."""

    about: str

    def count(self, batch: Batch) -> None:
        """Take a batch of training."""

    def tell(self, batch: Batch) -> Tensor:
        """Return outputs as the head would have them."""


class Commonest:
    """The logarithm of how often each label, or token, occurs: [classes]."""

    def __init__(self, name: str, classes: int, about: str, *, several: bool = False, binary: bool = False) -> None:
        """`several` at once each have a logit of their own; of two labels alone, `binary`, one logit tells both."""
        self.about, self._name, self._several, self._binary = about, name, several, binary
        self._counts, self._rows = torch.ones(classes, dtype=torch.float64), 2.0

    def count(self, batch: Batch) -> None:
        """Count labels, or the tokens that count."""
        target = batch.target[self._name]
        if self._several:
            self._counts += target.values.double().sum(0)
            self._rows += len(target.values)
            return
        values = target.values if target.mask is None else target.values[target.mask]
        self._counts += torch.bincount(values.flatten().long(), minlength=len(self._counts))

    def tell(self, batch: Batch) -> Tensor:
        """Return the same logits everywhere."""
        target = batch.target[self._name]
        if self._several:
            share = self._counts / self._rows
            return (share / (1 - share)).log().float().expand(len(target.values), -1)
        logits = (self._counts / self._counts.sum()).log().float()
        if self._binary:
            logits = (logits[1] - logits[0])[None]
        return logits.expand(*target.values.shape, -1)


class TagOfWord:
    """For each id of the source the tag that training gives it most; the commonest of all for one never seen."""

    about = "each word's commonest tag, whatever is around it"

    def __init__(self, name: str, words: int, tags: int) -> None:
        self._name, self._counts = name, torch.zeros(words, tags)

    def count(self, batch: Batch) -> None:
        """Count the tags of each id."""
        ids, target = self._ids(batch), batch.target[self._name]
        if target.mask is not None:
            pairs = ids[target.mask] * self._counts.shape[1] + target.values[target.mask]
            self._counts += torch.bincount(pairs, minlength=self._counts.numel()).view_as(self._counts)

    def tell(self, batch: Batch) -> Tensor:
        """Return a high score of the tag told: [batch, time, tags]."""
        counts = self._counts + self._counts.sum(0) / (1 + self._counts.sum())
        told = counts.argmax(1)[self._ids(batch)]
        return SURE * torch.nn.functional.one_hot(told, counts.shape[1]).float()

    def _ids(self, batch: Batch) -> Tensor:
        """Return the id of the word of each step [batch, time]; 0 where steps are numbers, or pieces of words."""
        values, steps = batch.inputs["source"].values, batch.target[self._name].values
        ids = values[..., 0] if values.dim() == 3 else values  # beside a word's id stand its casing and letters
        return ids.long() if ids.shape == steps.shape and not values.is_floating_point() else torch.zeros_like(steps)


class Mean:
    """Nothing but the mean of training, which standardised numbers have at 0."""

    about = "always the mean"

    def __init__(self, name: str) -> None:
        self._name = name

    def count(self, batch: Batch) -> None:
        """Numbers are standardised already."""

    def tell(self, batch: Batch) -> Tensor:
        """Return zeros, one point for each number."""
        return torch.zeros_like(batch.target[self._name].values)[..., None]


def naive(
    spec: Spec, task: Task, model: SequenceModel, train: Data, held: Data, judge: Judge
) -> tuple[str, Look] | None:
    """Return what naive answers are worth on the rows that a judge looks at, and what they are; None where a head has
    none."""
    heads = {name: naive_head(name, task, model, held.load(held.order(0)[0])) for name in model.heads}
    known = {name: one for name, one in heads.items() if one is not None}
    if len(known) < len(heads):
        return None
    until = time.perf_counter() + SECONDS
    for key in train.order(0):
        batch = train.load(key)
        for one in known.values():
            one.count(batch)
        if time.perf_counter() > until:
            break
    gatherer = gatherer_for(spec, task, model, held, judge.metric)
    device = next(model.parameters()).device
    with torch.no_grad():
        for key in judge.keys(held):
            batch = judge.load(held, key)
            gatherer.add({name: one.tell(batch).to(device) for name, one in known.items()}, batch.to(device))
    items = gatherer.items()
    about = ", ".join(dict.fromkeys(one.about for one in known.values()))
    return about, look_of(measure_of(items.measure), items.stats, float("nan"), 0.0)


def silence(look: Look, measure: Measure) -> tuple[str, Look] | None:
    """Return what saying nothing is worth by an error rate, whose stats are edits and what there is to say."""
    if measure.name not in SILENT:
        return None
    stats = look.stats[:, [1, 1]]
    return "saying nothing at all", look_of(measure, stats, float("nan"), 0.0)


def naive_head(name: str, task: Task, model: SequenceModel, batch: Batch) -> Naive | None:
    """Return the naive answer in place of a head; None where there is none."""
    head = model.heads[name]
    if name not in batch.target:
        return None
    if isinstance(head, LabelHead):
        about = "each label or never, as is commoner" if head.multilabel else "always the commonest label"
        return Commonest(name, len(head.labels), about, several=head.multilabel, binary=head.binary)
    if isinstance(head, TagsHead):
        words = task.wiring(vectors_too=False).source
        if words is None:
            return Commonest(name, len(head.labels), "always the commonest label")
        return TagOfWord(name, words, len(head.labels))
    if isinstance(head, TokensHead):
        return Commonest(name, head.bias.numel(), "each token as often as it occurs")
    if isinstance(head, NumberHead) and isinstance(head, PointHead) and not isinstance(task, Forecasting):
        return Mean(name)
    return None
