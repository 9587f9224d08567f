"""What the tests of training share: tiny models on tiny files, kills, and weights compared to the last bit."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

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
