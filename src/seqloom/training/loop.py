"""The loop: a generator of events. Whoever wants progress, logs, plots or a sweep consumes the same stream."""

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from seqloom.batch import Batch
from seqloom.decoding.scheduled import share_at
from seqloom.errors import Interrupted, NumberError
from seqloom.model import SequenceModel
from seqloom.spec import FitSpec
from seqloom.tasks.task import Data, Meter
from seqloom.training.allocator import Blocks, keep_blocks
from seqloom.training.averaging import MovingAverage, mean, put
from seqloom.training.budget import Budget, Clock
from seqloom.training.checkpoint import Checkpoints, Progress, restore, shipped
from seqloom.training.estimate import estimate
from seqloom.training.events import Event, Finished, Saved, Skipped, Started, Step, Valid
from seqloom.training.feed import Feed
from seqloom.training.health import finite
from seqloom.training.loader import Part, batches
from seqloom.training.log import Log
from seqloom.training.machine import machine, versions
from seqloom.training.optimizers import build_optimizer
from seqloom.training.peak import Rise
from seqloom.training.schedules import factor
from seqloom.training.signals import Flag, watched
from seqloom.training.update import Bad, Updater, shown
from seqloom.training.validate import check_metric, validate

BAD_IN_A_ROW = 3
"""Batches that are not finite before training gives up."""
TIMED = 4
"""Validation batches that are timed to plan a budget in minutes."""


def train(
    model: SequenceModel,
    data: Data,
    valid: Data | None,
    meter: Callable[[], Meter],
    fit: FitSpec,
    folder: Path,
    *,
    higher_is_better: Callable[[str], bool],
    resume: bool = False,
    flag: Flag | None = None,
) -> Generator[Event, None, None]:
    """Train `model` in place, and leave in it the weights to ship: averaged, else the best, else the last.

    `flag` is that of a caller who watches for signals already, as who has several trainings take turns must; None:
    this training watches for them, in the main thread.
    Raises Interrupted (after saving) on a signal, NumberError after three batches in a row that are not finite,
    InputError for a metric that validation does not give, CheckpointError where there is nothing to resume.
    """
    with watched() if flag is None else nullcontext(flag) as seen:
        training = _Training(model, data, valid, meter, fit, folder, higher_is_better, seen)
        with Log(folder / "events.jsonl") as log:
            if resume:
                training.resume()
                log.cut(training.progress.step)
            for event in training.run(resume):
                log.add(event)
                with torch.random.fork_rng(training.devices):  # whatever is drawn by who hears it changes nothing
                    yield event


class _Training:
    """One training: what it holds, and its course from start to finish."""

    def __init__(
        self,
        model: SequenceModel,
        data: Data,
        valid: Data | None,
        meter: Callable[[], Meter],
        fit: FitSpec,
        folder: Path,
        higher_is_better: Callable[[str], bool],
        flag: Flag,
    ) -> None:
        self.model, self.data, self.valid, self.meter, self.fit = model, data, valid, meter, fit
        self.flag, self.higher_is_better = flag, higher_is_better
        self.device = next(model.parameters()).device
        self.devices = [self.device] if self.device.type == "cuda" else []
        self.optimizer = build_optimizer(model, fit)
        self.average = MovingAverage(model, fit.ema) if fit.ema else None
        self.updater = Updater(model, self.optimizer, data, fit)
        self.checkpoints = Checkpoints(folder / "checkpoints")
        self.progress = Progress()
        self.saved_at: int | None = None
        self.passed_over: tuple[str, ...] = ()
        self.blocks, self.feed = Blocks(), Feed()
        self.ordered: tuple[int, Sequence[Any]] | None = None
        if self.device.type == "cpu" and fit.keep_blocks:
            keep_blocks()
        self.blocks.give_back()  # what others left would hide what this training takes
        self.rise = Rise(self.device)

    def resume(self) -> None:
        """Go back to the newest whole checkpoint. Raises CheckpointError where there is none."""
        place, wrong = self.checkpoints.newest()
        self.progress, self.updater.state = restore(place, self.model, self.optimizer, self.average, self.device)
        self.checkpoints.settle(self.progress)
        self.passed_over = tuple(wrong)
        self.saved_at = self.progress.step

    def run(self, resumed: bool) -> Iterator[Event]:
        """Give the whole course of events."""
        self.model.train()
        if self.valid is not None:
            check_metric(self.fit.metric, self.model, self.valid, self.meter())
        seconds, size = estimate(self.model, self.data, self._keys(0), self.fit, self.device)
        self.budget = Budget(self.fit, -(-len(self._keys(0)) // self.fit.accumulate), self.progress)
        steps = self.budget.steps
        yield Started(
            parameters=self.model.parameter_count(),
            steps=steps,
            seconds_estimated=None if steps is None else seconds * (steps - self.progress.step),
            bytes_estimated=size,
            device=str(self.device),
            resumed_at=self.progress.step if resumed else None,
            passed_over=self.passed_over,
            versions=versions(),
            machine=machine(str(self.device)),
        )
        if not resumed:  # a kill at any later moment finds something to go on from, and a full disk shows now
            yield from self._save()
        if self.flag and self.progress.ended is None:
            yield from self._stop()
        self.clock = Clock(self.progress.seconds)
        if self.progress.step and self.progress.ended is None:
            yield from self._after_update()  # what a signal may have cut off
        while self.progress.ended is None:
            yield from self._epoch()
        yield from self._save(due=True)
        yield self._ship()

    def _keys(self, epoch: int) -> Sequence[Any]:
        """Return the batches of an epoch. Those asked for last are kept: of ten million rows they take seconds to make,
        and hundreds of megabytes."""
        if self.ordered is None or self.ordered[0] != epoch:
            self.ordered = None  # never two at once
            self.ordered = epoch, self.data.order(epoch)
        return self.ordered[1]

    def _epoch(self) -> Iterator[Event]:
        progress, together = self.progress, self.fit.accumulate
        keys = self._keys(progress.epoch)
        source = batches(self.data, keys[progress.batch :], self.fit.workers)
        for start in range(progress.batch, len(keys), together):
            group = [self.feed.next(source).to(self.device) for _ in keys[start : start + together]]
            yield self._update(group, start / len(keys))
            yield from self._after_update()
            if progress.ended is not None:
                return
        progress.epoch, progress.batch = progress.epoch + 1, 0
        self.updater.state = None

    def _update(self, group: list[Batch], share: float) -> Event:
        progress = self.progress
        rate = self.fit.lr * factor(self.fit, progress.step, self.budget.steps) * progress.plateau.scale
        started = time.perf_counter()
        done = self.updater.update(group, rate, share_at(progress.step, self.budget.steps, self.fit))
        self.feed.worked(time.perf_counter() - started)
        progress.batch += len(group)
        if isinstance(done, Bad):
            progress.skipped += 1
            if progress.skipped >= BAD_IN_A_ROW:
                raise NumberError(
                    f"{done.reason} in {progress.skipped} batches in a row, the last of rows {shown(done.rows)}; the "
                    f"first module to give it is {done.module}. No step was taken. Try a smaller fit.lr or fit.clip."
                )
            return Skipped(progress.step, done.rows, done.module, done.reason)
        progress.step, progress.skipped = progress.step + 1, 0
        progress.tokens += done.tokens
        if self.average:
            self.average.update(self.model)
        self.blocks.after_update()
        progress.seconds = self.clock.step(done.tokens)
        if self.budget.wants_measure(progress):
            self.budget.measure(progress, self._validation_seconds())
        return Step(
            step=progress.step,
            steps=self.budget.steps,
            epoch=progress.epoch + share,
            loss=done.loss,
            losses=done.losses,
            lr=rate,
            grad_norm=done.norm,
            grad_norm_clipped=done.clipped,
            tokens=progress.tokens,
            tokens_per_second=self.clock.speed,
            seconds_left=self.clock.left(progress.step, self.budget.steps),
        )

    def _after_update(self) -> Iterator[Event]:
        """Validate and save where it is due, and stop where it is time or a signal came."""
        progress = self.progress
        over = self.budget.over(progress)
        if self.valid is not None and (over or self.budget.due(progress)) and progress.validated_at != progress.step:
            try:
                yield self._validate()
            except Interrupted:
                yield from self._stop()
        progress.ended = over or ("patience" if self._patience_is_out() else None)
        due = self.budget.due_save(progress)
        if progress.ended is None and (due or progress.best_step == progress.step or self.budget.measured(progress)):
            yield from self._save(due)
        if self.flag and progress.ended is None:
            yield from self._stop()

    def _validate(self) -> Valid:
        assert self.valid is not None
        with self.average.inside(self.model) if self.average else nullcontext():
            metrics = validate(self.model, self.valid, self.meter(), self.flag)
        progress, name = self.progress, self.fit.metric
        value, sign = metrics[name], 1 if self.higher_is_better(name) else -1
        best = not math.isnan(value) and (progress.best is None or sign * value > sign * progress.best)
        if best:
            progress.best, progress.best_step, progress.best_metrics = value, progress.step, metrics
        progress.waited = 0 if best else progress.waited + 1
        progress.validated_at, self.saved_at = progress.step, None  # what was saved at this step knew nothing of it
        if self.fit.schedule == "plateau":
            progress.plateau.see(best)
        return Valid(progress.step, metrics, best)

    def _patience_is_out(self) -> bool:
        return self.fit.patience is not None and self.progress.waited >= self.fit.patience

    def _validation_seconds(self) -> float:
        """Estimate a validation from its first batches."""
        if self.valid is None:
            return 0.0
        keys = self.valid.order(0)
        tried = keys[:: max(1, len(keys) // TIMED)][:TIMED]
        started = time.perf_counter()
        validate(self.model, Part(self.valid, tried), self.meter())
        return (time.perf_counter() - started) * len(keys) / len(tried)

    def _save(self, due: bool = False) -> Iterator[Event]:
        progress = self.progress
        if self.saved_at == progress.step:
            return
        if not finite(self.model):
            raise NumberError(f"the weights are not finite after step {progress.step}; nothing was saved over what is.")
        carried = self.updater.state if self.data.carries and progress.batch else None
        keep = max(self.fit.keep, self.fit.average)
        if due and progress.step not in progress.saved:
            progress.saved = [*progress.saved, progress.step][-keep:]
        place = self.checkpoints.write(self.model, self.optimizer, self.average, carried, progress, keep)
        self.saved_at = progress.step
        yield Saved(progress.step, str(place))

    def _stop(self) -> Iterator[Event]:
        yield from self._save()
        raise Interrupted(f"stopped at step {self.progress.step}, which is saved. Go on with --resume.", self.flag.code)

    def _ship(self) -> Finished:
        progress, metrics = self.progress, self.progress.best_metrics
        best = self.checkpoints.best()
        if self.fit.average:
            parts = [shipped(place) for place in self.checkpoints.at(progress.saved[-self.fit.average :])]
            put(self.model, mean(parts))
            what = f"the mean of the last {len(parts)} checkpoints"
            metrics = {} if self.valid is None else validate(self.model, self.valid, self.meter(), self.flag)
        elif best is not None:
            put(self.model, shipped(best))
            what = f"the best of all validations, step {progress.best_step}"
        else:
            if self.average:
                put(self.model, self.average.weights)
            what = "the moving average" if self.average else "the last step"
        self.model.eval()
        return Finished(
            progress.step,
            progress.ended or "steps",
            what,
            progress.seconds,
            metrics,
            bytes_step=self.rise.bytes(),
            padding=self.feed.padding,
            waited=self.feed.waited,
        )
