"""Conduct: every job of a comparison, each in a process of its own, several at once, those that are done left alone."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from seqloom.comparing.grid import Grid, rates
from seqloom.comparing.job import Job, describe, failure, keep, record_of
from seqloom.errors import Interrupted
from seqloom.training.signals import Flag, watched

Record = dict[str, Any]
Say = Callable[[str], None]
LOOK = 0.2
"""Seconds between two looks at the processes."""
WAIT = 120.0
"""Seconds that a process is given to save what it has, once a signal came."""


class Stopped(Interrupted):
    """A signal ended a comparison, whose folder holds what was done."""

    def __init__(self, folder: Path, code: int) -> None:
        super().__init__(f"stopped; what was done is kept in {folder}, and runs that had begun are saved.", code)
        self.folder = folder


class Runner(Protocol):
    """What runs jobs: processes here, or a cluster's workers."""

    def __call__(self, folder: Path, jobs: Sequence[Job], done: Callable[[Job, Record], None]) -> None:
        """Run jobs, in about this order, and tell of each when it ends. Raises Interrupted on a signal."""


class Processes:
    """So many processes on this machine, with so many threads each."""

    def __init__(self, count: int, threads: int) -> None:
        self.count, self.threads = count, threads

    def __call__(self, folder: Path, jobs: Sequence[Job], done: Callable[[Job, Record], None]) -> None:
        """Run jobs; what a process leaves without a record is a failure."""
        waiting, running = list(jobs), dict[Job, subprocess.Popen[bytes]]()
        with watched() as flag, _ended(running):
            while waiting or running:
                while waiting and len(running) < self.count and not flag:
                    job = waiting.pop(0)
                    running[job] = self._start(folder, job)
                for job, process in list(running.items()):
                    if process.poll() is not None:
                        del running[job]
                        if not flag:
                            done(job, self._result(folder, job, process.returncode))
                if flag:
                    self._stop(running, flag)
                time.sleep(LOOK)

    def _start(self, folder: Path, job: Job) -> "subprocess.Popen[bytes]":
        describe(folder, job, self.threads)
        command = [sys.executable, "-P", "-m", "seqloom.comparing.job", str(folder), job.name]
        with (folder / f"{job.name}.log").open("ab") as log:
            limits = {"OMP_NUM_THREADS": str(self.threads), "PYTHONUTF8": "1"}
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **limits}
            )

    def _result(self, folder: Path, job: Job, code: int) -> Record:
        record = record_of(folder, job)
        if record is not None:
            return record
        why = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        more = "; was there memory enough?" if code == -9 else f"; {folder / job.name}.log says why"
        keep(folder, job, failure(f"the process {why}{more}"))
        found = record_of(folder, job)
        assert found is not None
        return found

    def _stop(self, running: dict[Job, "subprocess.Popen[bytes]"], flag: Flag) -> None:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait(WAIT)
        raise Interrupted("stopped", flag.code)


@contextmanager
def _ended(running: dict[Job, "subprocess.Popen[bytes]"]) -> Iterator[None]:
    """Leave no process behind, whatever happens."""
    try:
        yield
    finally:
        for process in running.values():
            if process.poll() is None:
                process.kill()


def conduct(
    folder: Path, grid: Grid, runner: Runner, *, default: dict[str, float], retry: bool = False, say: Say
) -> dict[Job, Record]:
    """Run what is not done of a plan: first the learning rates, then each architecture with each seed; seeds go
    round before architectures do, so that a comparison that is stopped has something of each.

    `default` is each architecture's own learning rate; `retry` runs again what failed. Returns the records of the
    cells. Raises Interrupted on a signal.
    """
    tries = [job for arch in grid.archs if grid.tunes(arch) for job in trials(grid, arch, default[arch])]
    tried = _run(folder, grid, runner, tries, retry, say)
    for arch in grid.archs:
        found = sorted(job.rate for job in tries if job.arch == arch and job.rate is not None)
        if len(found) > 1 and (best := chosen(arch, tried, default[arch])) in (found[0], found[-1]):
            say(f"{arch}: of the learning rates tried, {best:g} at the end is the best; more --tune looks farther.")
    cells = [
        Job(arch, seed, chosen(arch, tried, default[arch]) if grid.tunes(arch) else None)
        for seed in grid.seeds
        for arch in grid.archs
    ]
    return _run(folder, grid, runner, cells, retry, say)


def trials(grid: Grid, arch: str, default: float) -> list[Job]:
    """Return the jobs that choose an architecture's learning rate; their seed is none of the comparison's."""
    seed = min(grid.seeds) - 1 if min(grid.seeds) else max(grid.seeds) + 1
    return [Job(arch, seed, rate, tried=True) for rate in rates(default, grid.tune)]


def chosen(arch: str, tried: dict[Job, Record], default: float) -> float:
    """Return the best learning rate of those tried; the default where all failed."""
    from seqloom.metrics import higher_is_better

    known = [
        (record["value"], record["lr"], record["metric"])
        for job, record in tried.items()
        if job.arch == arch and record["status"] == "done" and record["value"] is not None
    ]
    if not known:
        return default
    best = (max if higher_is_better(known[0][2]) else min)(known, key=lambda one: one[0])
    return float(best[1])


def _run(folder: Path, grid: Grid, runner: Runner, jobs: Sequence[Job], retry: bool, say: Say) -> dict[Job, Record]:
    found = {job: record_of(folder, job) for job in jobs}
    left = [job for job, one in found.items() if one is None or (retry and one["status"] == "failed")]
    kept = there = len(jobs) - len(left)
    if kept:
        what = "learning rates" if jobs[0].tried else "runs"
        say(f"{kept} of {len(jobs)} {what} are there already")

    def done(job: Job, record: Record) -> None:
        nonlocal there
        found[job] = record
        there += 1
        say(told(job, record) + f" ({there} of {len(jobs)})")

    if left:
        try:
            runner(folder, left, done)
        except Interrupted as stopped:
            raise Stopped(folder, stopped.code) from None
    return {job: one for job, one in found.items() if one is not None}


def told(job: Job, record: Record) -> str:
    """Return one line about a job that ended."""
    which = f"{job.arch}, learning rate {job.rate:g}" if job.tried else f"{job.arch}, seed {job.seed}"
    if record["status"] == "failed":
        return f"{which}: failed: {record['error']}"
    value, name = (record["value"], record["metric"]) if job.tried else (record["quality"], record["measure"])
    shown = "no number" if value is None else f"{value:.4g}"
    return f"{which}: {name} {shown} after {record['steps']:,} updates in {record['seconds']:.0f} s"
