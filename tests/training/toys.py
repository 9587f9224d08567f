"""What the tests of training share: tiny models on tiny files, kills, and weights compared to the last bit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.data.batches import pad
from seqloom.model import SequenceModel
from seqloom.spec import parse
from seqloom.training.events import Event
from seqloom.training.run import Run

Weights = dict[str, Tensor]
LANGUAGE = {"lstm", "gru", "rnn", "mgu", "mingru", "minlstm", "gpt"}
SMALL: dict[str, dict[str, Any]] = {
    "recurrent": {"target": {"size": 8, "dropout": 0.2}, "decoder": {"size": 12, "layers": 2, "dropout": 0.2}},
    "gpt": {"target": {"size": 16, "dropout": 0.2}, "decoder": {"size": 16, "layers": 2, "heads": 2, "dropout": 0.2}},
    "bigru": {"source": {"size": 8, "tokens": "word", "dropout": 0.2}, "encoder": {"size": 8, "dropout": 0.1}},
    "bag": {"source": {"size": 8, "tokens": "word", "dropout": 0.2}},
}
FIT = {"batch_tokens": 128, "window": 16, "lr": 0.01, "warmup": 2, "schedule": "linear", "device": "cpu"}


def tiny(arch: str, **options: Any) -> dict[str, Any]:
    """Return options of `fit` for a tiny model of 24 steps, other options laid over, section by section."""
    base = SMALL.get(arch, SMALL["recurrent" if arch in LANGUAGE else "bigru"])
    budget = {} if {"steps", "epochs", "minutes"} & set(options) else {"steps": 24}
    values: dict[str, Any] = {"arch": arch, **base, **FIT, **budget}
    for name, value in options.items():
        values[name] = {**values.get(name, {}), **value} if isinstance(value, Mapping) else value
    return values


def weights(run: Run) -> Weights:
    """Return copies of a run's weights."""
    return {name: parameter.detach().clone() for name, parameter in run.model.named_parameters()}


def same(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> bool:
    """Say whether all weights are equal to the last bit."""
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


class Power(BaseException):
    """The power goes out: nothing may catch this and tidy up."""


class Kill:
    """Hears events, and raises Power at one kind of event of one step."""

    def __init__(self, step: int, kind: str = "step") -> None:
        self.step, self.kind, self.seen = step, kind, list[Event]()

    def __call__(self, event: Event) -> None:
        self.seen.append(event)
        record = event.record()
        if (record["event"], record.get("step")) == (self.kind, self.step):
            raise Power


class Batches:
    """Data of given batches, in order, the same in every epoch."""

    def __init__(self, batches: Sequence[Batch], carries: bool = False) -> None:
        self.carries, self.batches = carries, list(batches)

    def order(self, epoch: int) -> Sequence[int]:
        return range(len(self.batches))

    def load(self, key: int) -> Batch:
        return self.batches[key]


class Mean:
    """A meter of the loss, and of whatever numbers a test gives it for each validation in turn."""

    def __init__(self, name: str = "loss", values: Iterator[float] | None = None) -> None:
        self.name, self.values, self.total, self.count = name, values, 0.0, 0.0

    def add(self, outputs: Any, batch: Batch, losses: Mapping[str, tuple[Tensor, Tensor]]) -> None:
        for total, count in losses.values():
            self.total, self.count = self.total + float(total), self.count + float(count)

    def result(self) -> dict[str, float]:
        loss = {"loss": self.total / self.count}
        return loss if self.values is None else {**loss, self.name: next(self.values)}

    def details(self) -> dict[str, Any]:
        return {}


def classifier(kind: str = "gru", seed: int = 0, **head: Any) -> SequenceModel:
    """Return a small classifier of 12 tokens into three labels, in double precision."""
    sizes = {"bag": {}, "transformer": {"size": 4, "heads": 2}}
    encoder = {"kind": kind, **sizes.get(kind, {"size": 5})}
    values = {"task": "classify", "source": {"size": 4}, "target": {}, "encoder": encoder}
    torch.manual_seed(seed)
    wiring = Wiring(source=12, labels={"label": (["a", "b", "c"], [4, 2, 1])})
    return build(parse({**values, "heads": {"label": {"kind": "label", **head}}}), wiring).double()


def writer(kind: str = "lstm", seed: int = 0, **decoder: Any) -> SequenceModel:
    """Return a small language model of 12 tokens, in double precision."""
    values = {"task": "language", "target": {"size": 4}, "heads": {"words": {"kind": "tokens"}}}
    sizes = {"size": 4, "heads": 2} if kind == "transformer" else {"size": 5}
    torch.manual_seed(seed)
    return build(parse({**values, "decoder": {"kind": kind, **sizes, **decoder}}), Wiring(target=12)).double()


def labelled(lengths: Sequence[int], seed: int = 0, first: int = 0) -> Batch:
    """Return a batch of rows of these lengths with labels; rows are numbered from `first`."""
    generator = torch.Generator().manual_seed(seed)
    ids = [torch.randint(4, 12, (length,), generator=generator).tolist() for length in lengths]
    labels = torch.randint(0, 3, (len(lengths),), generator=generator)
    rows = tuple(range(first, first + len(lengths)))
    return Batch({"source": pad(ids)}, {"label": Field(labels)}, rows, sum(lengths))


def windows(number: int, rows: int = 3, time: int = 6, seed: int = 0) -> list[Batch]:
    """Return windows of text that follow each other, the last targets of one row left out."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, 12, (rows, number * time + 1), generator=generator)
    found = []
    for start in range(0, number * time, time):
        mask = torch.ones(rows, time, dtype=torch.bool)
        mask[0, time - 2 :] = False
        target = Field(ids[:, start + 1 : start + time + 1], mask, prefix=False)
        found.append(Batch({"target": Field(ids[:, start : start + time])}, {"words": target}, (start,), rows * time))
    return found


def weights_of(model: SequenceModel) -> Weights:
    """Return copies of a model's weights."""
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
