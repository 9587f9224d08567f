"""Trial: one training of a search, watched through its events, and what it came to."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from seqloom.errors import InputError, Interrupted, SeqloomError
from seqloom.metrics import higher_is_better
from seqloom.training.events import Event, Finished, Started, Step, Valid
from seqloom.training.run import fit

State = Literal["done", "pruned", "ended", "failed"]
PARTS = 10
"""A training is compared with others after each tenth of its updates."""
Hear = Callable[[Event], None]


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    state  done; pruned: others were better by then; ended: the time of the search was up; failed: see `error`
    value  of the metric, the best of all validations; None where there was none
    """

    state: State
    value: float | None
    steps: int
    seconds: float
    parameters: int | None = None
    error: str | None = None


class Given(Exception):
    """A training is ended before its end."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


class Watch:
    """Hears a training's events.

    metric    what validation compares
    deadline  when the search is over, on the clock of `time.monotonic`; None: never
    worse     is told the tenth of the updates that is over and the value there, and says whether to give up
    """

    def __init__(self, metric: str, deadline: float | None, worse: Callable[[int, float], bool], also: Hear) -> None:
        self.metric, self.deadline, self.worse, self.also = metric, deadline, worse, also
        self.better = max if higher_is_better(metric) else min
        self.value: float | None = None
        self.parameters: int | None = None
        self.step, self.steps = 0, 0

    def __call__(self, event: Event) -> None:
        """Take note of an event. Raises Given where the training is to end."""
        self.also(event)
        match event:
            case Started():
                self.parameters = event.parameters
            case Step():
                self.step, self.steps = event.step, event.steps or 0
            case Valid():
                self._validated(event)
            case Finished():
                shipped = event.metrics.get(self.metric)
                if shipped is not None and math.isfinite(shipped):
                    self.value = shipped  # of the weights that are kept: an average's may be better than any seen
                return
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Given("ended")

    def _validated(self, event: Valid) -> None:
        value = event.metrics.get(self.metric, math.nan)
        if math.isfinite(value):
            self.value = value if self.value is None else self.better(self.value, value)
        tenth = PARTS * event.step // self.steps if self.steps else 0
        if 0 < tenth < PARTS and self.worse(tenth, value):
            raise Given("pruned")


def attempt(words: dict[str, Any], folder: Path, watch: Watch, say: Callable[[str], None]) -> Outcome:
    """Train into a folder, or go on with what is there, and say what came of it; what fails is an outcome too.

    Raises Interrupted on a signal: what was trained is saved.
    """
    started = time.perf_counter()
    resumes = any((folder / "checkpoints").glob("step-*"))

    def outcome(state: State, error: str | None = None) -> Outcome:
        return Outcome(state, watch.value, watch.step, time.perf_counter() - started, watch.parameters, error)

    try:
        fit(**words, out=str(folder), resume=resumes, on_event=watch, say=say)
    except Given as given:
        return outcome(given.state)
    except Interrupted:
        raise
    except SeqloomError as error:
        return outcome("failed", str(error))
    except Exception as error:  # whatever it is, it is a row of the search and no end of it
        return outcome("failed", f"{type(error).__name__}: {error}")
    if watch.value is None:
        return outcome("failed", f"no validation gave a finite {watch.metric}")
    return outcome("done")


def check_validates(valid: object) -> None:
    """Raise InputError where nothing tells a better training from a worse one."""
    if not valid:
        raise InputError("tune chooses by validation: set data.valid to a file or a share, such as --valid 0.1.")
