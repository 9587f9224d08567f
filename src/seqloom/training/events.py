"""What happens during training, as plain records: shown, logged to events.jsonl and consumed by whoever likes."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something happened."""

    def record(self) -> dict[str, Any]:
        """Return the event as plain values, "event" naming its kind."""
        return {"event": type(self).__name__.lower(), **asdict(self)}


@dataclass(frozen=True)
class Started(Event):
    """Before the first step: what is to come.

    seconds_estimated  of the steps alone, None where a budget in minutes rules
    bytes_estimated    of weights, gradients, optimizer, averages and the activations of the largest batch
    passed_over        what is wrong with damaged checkpoints that are newer than the one resumed from
    versions, machine  of the programs and of the computer that trains (`machine.py`)
    """

    parameters: int
    steps: int | None
    seconds_estimated: float | None
    bytes_estimated: int
    device: str
    resumed_at: int | None = None
    passed_over: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step(Event):
    """One optimizer update. Losses are means in nats over what was counted; norms are over all gradients."""

    step: int
    steps: int | None
    epoch: float
    loss: float
    losses: dict[str, float]
    lr: float
    grad_norm: float
    grad_norm_clipped: float
    tokens: int
    tokens_per_second: float
    seconds_left: float | None


@dataclass(frozen=True)
class Valid(Event):
    """A validation, and whether it is the best so far by `fit.metric`."""

    step: int
    metrics: dict[str, float]
    best: bool


@dataclass(frozen=True)
class Saved(Event):
    """A checkpoint is safely on disk."""

    step: int
    path: str


@dataclass(frozen=True)
class Skipped(Event):
    """A batch whose loss or gradient was not finite, first given by `module`: no step was taken."""

    step: int
    rows: list[int]
    module: str
    reason: str


@dataclass(frozen=True)
class Finished(Event):
    """The end. `shipped` says which weights the model now holds. Of this session alone, None where it is not known:

    bytes_step  memory that training took at most beside the weights and the data (see `peak.Rise`)
    padding     the share of all positions of the batches that held no data
    waited      the share of the time of the updates that went by before their batches were there
    """

    step: int
    reason: str
    shipped: str
    seconds: float
    metrics: dict[str, float]
    bytes_step: int | None = None
    padding: float | None = None
    waited: float | None = None
