"""A contestant: one training that waits where it was left until it is its turn again.

`training.loop.train` is a generator, so a training is held still between two of its updates by not asking for the next
event. Its random numbers are its own (`fork_rng` there), so taking turns changes no bit of it.
"""

import math
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from seqloom.advising.judging import Judge, Look
from seqloom.build import build
from seqloom.errors import Interrupted, SeqloomError
from seqloom.metrics import higher_is_better
from seqloom.model import SequenceModel
from seqloom.spec import FitSpec, Spec
from seqloom.tasks.task import Data, Task
from seqloom.training.events import Event, Finished, Saved, Started, Step
from seqloom.training.loop import train
from seqloom.training.run import pick_device
from seqloom.training.signals import Flag

NEVER = 10**9
"""Updates after which a training would end, validate and save by itself."""
WAIT = 8
"""Looks without gain after which more time is not given: that of a training that has learnt what it can."""


@dataclass(eq=False)
class Contestant:
    """A training in the race.

    seconds, updates, tokens   trained so far, looks left out
    best    the look that training would choose the weights of
    curve   (seconds, value) of each look
    failed  what went wrong, if anything
    rung    the last that it was in, from 1 on
    look_seconds, update_seconds   what a look and an update are expected to take
    """

    name: str
    spec: Spec
    task: Task
    parameters: int = 0
    seconds: float = 0.0
    updates: int = 0
    tokens: int = 0
    best: Look | None = None
    curve: list[tuple[float, float]] = field(default_factory=list)
    failed: str | None = None
    rung: int = 0
    waited: int = 0
    look_seconds: float = 0.0
    update_seconds: float = 0.0
    _events: Generator[Event, None, None] | None = None
    _model: SequenceModel | None = None
    _held: Data | None = None

    @property
    def cost(self) -> float:
        """Seconds of training a token; infinite before the first."""
        return self.seconds / self.tokens if self.tokens else math.inf

    @property
    def settled(self) -> bool:
        """Whether it has gained nothing for long."""
        return self.waited >= WAIT

    @property
    def model(self) -> SequenceModel:
        """The model as it is now."""
        assert self._model is not None
        return self._model

    def start(self, parts: Callable[[bool], tuple[Data, Data]], folder: Path, flag: Flag) -> None:
        """Build the model and stop before its first update. `parts` gives the data, for a model that carries or not."""

        def begin() -> None:
            torch.manual_seed(self.spec.fit.seed)
            model = build(self.spec, self.task.wiring())
            data, self._held = parts(model.carries)
            self.parameters, self._model = model.parameter_count(), model.to(pick_device(self.spec.fit.device))
            self._events = train(
                model,
                data,
                None,
                lambda: self.task.meter(model, data),  # never asked: it is judged from outside
                endless(self.spec.fit),
                folder,
                higher_is_better=higher_is_better,
                flag=flag,
            )
            for event in self._events:
                if isinstance(event, Started) and event.seconds_estimated is not None and event.steps:
                    self.update_seconds = event.seconds_estimated / event.steps
                if isinstance(event, Saved):
                    return

        self._try(begin)

    def advance(self, seconds: float, looks: int, judge: Judge) -> None:
        """Train for so many seconds more, and look so many times on the way, the last at the end."""

        def go() -> None:
            before = self.seconds
            for part in range(1, looks + 1):
                self._train(before + seconds * part / looks)
                self._look(judge)
                if self.settled:
                    return

        self._try(go)

    def look_time(self, judge: Judge) -> float:
        """Return about how long a look at every row takes."""
        assert self._model is not None and self._held is not None
        return min(judge.seconds(self.spec, self.task, self._model, self._held) for _ in range(2))  # the first warms up

    def fail(self, why: str) -> None:
        """Leave the race."""
        self.failed = why
        self.close()

    def close(self) -> None:
        """Let go of the training and its memory."""
        if self._events is not None:
            with closing(self._events):
                pass
        self._events = self._model = self._held = None

    def _train(self, until: float) -> None:
        assert self._events is not None
        while self.seconds < until:
            started = time.perf_counter()
            event: Any = next(self._events)
            while not isinstance(event, Step | Finished):
                event = next(self._events)
            self.seconds += time.perf_counter() - started
            if isinstance(event, Finished):
                return
            self.updates, self.tokens = event.step, event.tokens

    def _look(self, judge: Judge) -> None:
        assert self._model is not None and self._held is not None
        look = judge.look(self.spec, self.task, self._model, self._held)
        self.look_seconds = look.seconds
        self.curve.append((self.seconds, look.value))
        assert judge.measure is not None
        if self.best is None or _better(self.spec, look, self.best, judge.measure.higher):
            self.best, self.waited = look, 0
        else:
            self.waited += 1

    def _try(self, work: Callable[[], None]) -> None:
        """Do a part of the race; what goes wrong ends this training and no other. Interrupted goes through."""
        try:
            work()
        except Interrupted:
            raise
        except SeqloomError as error:
            self.failed = str(error)
        except (torch.OutOfMemoryError, MemoryError):
            self.failed = "the memory is used up"
        except RuntimeError as error:
            if "alloc" not in str(error):
                raise
            self.failed = "the memory is used up"
        if self.failed is not None:
            self.fail(self.failed)


def _better(spec: Spec, look: Look, than: Look, higher: bool) -> bool:
    """Say whether training would rather keep this look's weights: by its loss, or by what is measured."""
    if spec.fit.metric == "loss":
        return look.loss < than.loss or math.isnan(than.loss)
    return ((look.value > than.value) == higher and look.value != than.value) or math.isnan(than.value)


def endless(fit: FitSpec) -> FitSpec:
    """Return a training that neither ends nor validates nor saves by itself."""
    return fit.model_copy(
        update={
            "steps": NEVER,
            "epochs": None,
            "minutes": None,
            "at_least": None,
            "patience": None,
            "valid_every": NEVER,
            "save_every": NEVER,
            "average": 0,
            "ema": None,
            "metric": "loss",
        }
    )
