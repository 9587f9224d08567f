"""One job of a comparison: an architecture trained with a seed, and what is kept of it.

`python -P -m seqloom.comparing.job FOLDER NAME` does it in a process of its own: what fails or is killed there is a row
of the comparison and no end of it, and its peak memory is its own.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqloom.comparing import grid as plans
from seqloom.comparing.course import course
from seqloom.comparing.grid import Grid, slug
from seqloom.comparing.hashed import check
from seqloom.errors import CheckpointError, Interrupted, SeqloomError
from seqloom.training.manifest import MANIFEST, replace_file

CELLS, TRIED = "cells", "tune"
NOTES = 20
"""Notes of a training that a record keeps."""


@dataclass(frozen=True)
class Job:
    """An architecture, a seed and a learning rate (None: the architecture's own); `tried`: to choose that rate."""

    arch: str
    seed: int
    rate: float | None
    tried: bool = False

    @property
    def name(self) -> str:
        """The place of its record below the comparison, without an ending."""
        if self.tried:
            return f"{TRIED}/{slug(self.arch)}-lr-{self.rate:g}"
        return f"{CELLS}/{slug(self.arch)}-seed-{self.seed}"


def record_of(folder: Path, job: Job) -> dict[str, Any] | None:
    """Return what is kept of a job that ended, well or badly; None: it has not, or was another."""
    path = folder / f"{job.name}.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        of, status = kept["job"], kept["status"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise CheckpointError(f"{path} is damaged: remove it, and --resume does that run again.") from None
    return kept if of == asdict(job) and status in ("done", "failed") else None


def keep(folder: Path, job: Job, record: Mapping[str, Any]) -> None:
    """Write the record of a job, whole or not at all."""
    whole = {"job": asdict(job), "arch": job.arch, "seed": job.seed, **record}
    path = folder / f"{job.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(_plain(whole), ensure_ascii=False, indent=1, allow_nan=False).encode())


def describe(folder: Path, job: Job, threads: int) -> None:
    """Write down what a process is to do, and take away what another job of the same name left."""
    place = folder / f"{job.name}.job"
    told = json.dumps({"job": asdict(job), "threads": threads})
    (folder / f"{job.name}.json").unlink(missing_ok=True)
    if place.is_file() and json.loads(place.read_text(encoding="utf-8"))["job"] != asdict(job):
        shutil.rmtree(folder / job.name, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    replace_file(place, told.encode())


def do(folder: Path, job: Job) -> dict[str, Any]:
    """Do a job, keep its record, and return it; a run that was begun is gone on with, and what goes wrong is a record
    of a failure. Raises Interrupted on a signal: what was trained is saved."""
    try:
        record = _done(folder, plans.read(folder), job)
    except Interrupted:
        raise
    except SeqloomError as error:
        record = failure(str(error))
    except Exception as error:  # whatever it is, it is a row of the comparison
        print(traceback.format_exc(), file=sys.stderr)
        record = failure(f"{type(error).__name__}: {error}")
    keep(folder, job, record)
    return record


def failure(why: str) -> dict[str, Any]:
    """Return the record of a job that failed."""
    return {"status": "failed", "error": why}


def _done(folder: Path, grid: Grid, job: Job) -> dict[str, Any]:
    """Train (or go on with, or load) a run, and measure it."""
    from seqloom.comparing.judged import judged
    from seqloom.training.run import fit, load

    check(grid)
    place = folder / job.name
    notes: list[str] = []
    budget = grid.budget.tried if job.tried else grid.budget
    if (place / MANIFEST).is_file():
        run = load(place, say=notes.append)
    else:
        resumes = any((place / "checkpoints").glob("step-*"))
        if place.exists() and not resumes:
            shutil.rmtree(place)  # a run that was stopped before there was anything to go on from
        words = grid.plan_words(job.arch, budget, job.seed, job.rate)
        run = fit(**words, out=str(place), resume=resumes, say=notes.append)
    followed = course(place / "events.jsonl", run.spec.fit.metric)
    record: dict[str, Any] = {"status": "done", "error": None, "lr": run.spec.fit.lr, **followed}
    if job.tried:
        record["value"] = record["best"]
        shutil.rmtree(place / "checkpoints", ignore_errors=True)
        return record
    record |= judged(run, grid, folder / f"{job.name}.npz", followed, notes.append)
    shutil.rmtree(place / "checkpoints", ignore_errors=True)
    return {**record, "notes": notes[:NOTES], "run": str(place)}


def _plain(value: Any) -> Any:
    """Return plain values, with null for what is no finite number."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not (abs(value) < float("inf")):
        return None
    return value if value is None or isinstance(value, str | int | float) else str(value)


def end_with_parent(look: float = 1.0) -> None:
    """Stop as on a signal once the process that started this one is gone: killed, it could not stop it, and who goes
    on with the comparison would train the same run beside it. Looks every so many seconds, in a thread."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(look)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def main(words: list[str]) -> int:
    """Do the job that is described in FOLDER/NAME.job; return the exit code."""
    import torch

    folder = Path(words[0])
    told = json.loads((folder / f"{words[1]}.job").read_text(encoding="utf-8"))
    torch.set_num_threads(int(told["threads"]))
    try:
        do(folder, Job(**told["job"]))
    except Interrupted as stopped:
        return stopped.code
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with_parent()
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        os._exit(130)
