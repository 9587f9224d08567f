"""How long to train: a budget in updates, epochs or minutes, all turned into a number of updates."""

import math
import time

from seqloom.errors import InputError
from seqloom.spec import FitSpec
from seqloom.training.checkpoint import Progress

WARM = 5
"""Updates that are not timed."""
TIMED = 10
"""Updates that are timed at least."""
LOOK = 0.05
"""Share of a budget in minutes after which it is turned into updates."""
TIMES = 10
"""Validations over a training, where neither a number nor epochs say otherwise."""
AT_MOST = 0.5
"""Share of a budget in minutes that validations may take; where ten take more, there are fewer."""


class Budget:
    """Knows when to stop, to validate and to save.

    A budget in minutes becomes a number of updates early in the run; it is stored with the checkpoint and binds a
    resumed run, so that both end at the same update. Validation is once an epoch where there are 5 to 30 of them, and
    ten times over the whole training else; saving goes with it.
    """

    def __init__(self, fit: FitSpec, per_epoch: int, progress: Progress) -> None:
        check_end(fit)
        self._fit, self._per_epoch = fit, per_epoch
        self._limits: dict[str, int] = {}
        if fit.steps is not None:
            self._limits["steps"] = fit.steps
        if fit.epochs is not None:
            self._limits["epochs"] = max(fit.at_least or 1, round(fit.epochs * per_epoch))
        if progress.planned is not None:
            self._limits["minutes"] = progress.planned
        self._warm_step, self._warm_at = progress.step, progress.seconds
        self._warm_until = progress.step + WARM
        self._measured_at: int | None = None
        self._times = progress.validations

    @property
    def steps(self) -> int | None:
        """All updates of the training; None while a budget in minutes is not measured."""
        if self._fit.minutes is not None and "minutes" not in self._limits:
            return None
        return min(self._limits.values())

    def over(self, progress: Progress) -> str | None:
        """Return what has run out, if anything."""
        return next((name for name, limit in self._limits.items() if progress.step >= limit), None)

    def due(self, progress: Progress) -> bool:
        """Say whether to validate after this update."""
        every = self._fit.valid_every or self._every()
        return every is not None and progress.step > 0 and progress.step % every == 0

    def due_save(self, progress: Progress) -> bool:
        """Say whether to save after this update."""
        every = self._fit.save_every or self._fit.valid_every or self._every()
        return every is not None and progress.step > 0 and progress.step % every == 0

    def wants_measure(self, progress: Progress) -> bool:
        """Say whether it is time to turn minutes into updates; call after every update."""
        if self._fit.minutes is None or "minutes" in self._limits:
            return False
        if progress.step <= self._warm_until:
            self._warm_step, self._warm_at = progress.step, progress.seconds
            return False
        return progress.step >= self._warm_until + TIMED and progress.seconds >= LOOK * self._fit.minutes * 60

    def measure(self, progress: Progress, validation_seconds: float) -> None:
        """Turn what is left of the minutes into updates, with room for the validations."""
        assert self._fit.minutes is not None
        each = (progress.seconds - self._warm_at) / (progress.step - self._warm_step)
        left = self._fit.minutes * 60 - progress.seconds
        if self._fit.valid_every:  # every update also pays its share of a validation
            each += validation_seconds / self._fit.valid_every
        elif validation_seconds:
            times = min(TIMES, max(1, math.floor(AT_MOST * left / validation_seconds)))
            left -= times * validation_seconds
            self._times = progress.validations = times if times < TIMES else None
        progress.planned = progress.step + max(1, math.floor(left / each))
        self._limits["minutes"] = progress.planned
        self._measured_at = progress.step

    def measured(self, progress: Progress) -> bool:
        """Say whether this update is the one that turned minutes into updates, which binds from here on."""
        return self._measured_at == progress.step

    def _every(self) -> int | None:
        if self.steps is None:
            return None
        if self._times is None and 5 <= self.steps / self._per_epoch <= 30:
            return self._per_epoch
        return max(1, -(-self.steps // (self._times or TIMES)))


def check_end(fit: FitSpec) -> None:
    """Raise InputError where nothing would end a training."""
    if fit.steps is None and fit.epochs is None and fit.minutes is None:
        raise InputError("training needs an end: fit.steps, fit.epochs or fit.minutes.")
    if fit.at_least is not None and fit.epochs is None:
        raise InputError(f"fit.at_least={fit.at_least} is for a budget in epochs (fit.epochs): leave it out.")


def check_validated(fit: FitSpec, valid: bool) -> None:
    """Raise InputError where the schedule waits for validations that never come."""
    if fit.schedule == "plateau" and not valid:
        raise InputError(
            "fit.schedule=plateau needs validation: set data.valid to a file or a share such as 0.1, or choose another "
            "schedule."
        )


class Clock:
    """Seconds of training over all its sessions, and the speed of the last of them."""

    SMOOTH = 0.95

    def __init__(self, before: float) -> None:
        self._before, self._started = before, time.perf_counter()
        self._last, self._seconds, self._tokens, self._steps = self._started, 0.0, 0.0, 0.0

    def step(self, tokens: int) -> float:
        """Count an update; return all seconds so far."""
        now = time.perf_counter()
        self._seconds = self._seconds * self.SMOOTH + (now - self._last)
        self._tokens = self._tokens * self.SMOOTH + tokens
        self._steps = self._steps * self.SMOOTH + 1
        self._last = now
        return self._before + now - self._started

    @property
    def speed(self) -> float:
        """Tokens a second, over about the last twenty updates."""
        return self._tokens / max(self._seconds, 1e-9)

    def left(self, step: int, steps: int | None) -> float | None:
        """Return the seconds left at this speed."""
        return None if steps is None else (steps - step) * self._seconds / max(self._steps, 1e-9)
