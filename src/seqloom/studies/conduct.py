"""Conduct: a study run over its seeds, and the finding that comes of it."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

import torch

from seqloom import __version__
from seqloom.errors import InputError
from seqloom.report.figures import Figure, Table
from seqloom.studies import STUDIES
from seqloom.studies.statistics import Verdict
from seqloom.studies.study import Row, Study
from seqloom.table import check, options
from seqloom.tasks.task import Say

FIRST_SEED = 7


@dataclass(frozen=True)
class Finding:
    """What a study found.

    options   those that were set, beside the defaults
    rows      what was measured, each with its seed
    seconds   wall time of all of it
    """

    study: Study
    options: Mapping[str, Any]
    seeds: tuple[int, ...]
    rows: Sequence[Row]
    verdict: Verdict
    table: Table
    figures: Sequence[Figure]
    seconds: float

    @property
    def command(self) -> str:
        """The command that finds it again."""
        said = [f" -s {name}={_word(value)}" for name, value in self.options.items()]
        many = len(self.seeds) != type(self.study).seeds
        seeds = [f" --seeds {len(self.seeds)}"] * many + [f" --seed {self.seeds[0]}"] * (self.seeds[0] != FIRST_SEED)
        return f"seqloom study {self.study.name}{''.join(said)}{''.join(seeds)}"

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON has it."""
        study = self.study
        return {
            "study": study.name,
            "question": study.question,
            "claim": study.claim,
            "method": study.method,
            "source": study.source,
            "command": self.command,
            "options": dict(self.options),
            "seeds": list(self.seeds),
            "verdict": asdict(self.verdict),
            "table": {"title": self.table.title, "columns": self.table.columns, "rows": self.table.rows},
            "rows": list(self.rows),
            "seconds": round(self.seconds, 1),
            "seqloom": __version__,
            "torch": torch.__version__,
        }


def prepare(name: str, given: Mapping[str, Any]) -> Study:
    """Build a study with options. Raises InputError for a study or an option that does not exist."""
    kind: type[Study] = STUDIES[name]
    made: Study = kind(**check(f"study {name}", given, options(kind)))
    return made


def conduct(
    name: str,
    given: Mapping[str, Any],
    *,
    seeds: int | None = None,
    seed: int = FIRST_SEED,
    jobs: int | None = None,
    say: Say = lambda note: None,
) -> Finding:
    """Run a study over `seeds` seeds from `seed` on, several at once (`jobs`; None: as many as there are cores, one
    for what is timed).

    The rows are those of one process, whatever `jobs`. Raises InputError for options that cannot be.
    """
    study = prepare(name, given)
    count = type(study).seeds if seeds is None else seeds
    if count < 1:
        raise InputError(f"--seeds {count}: a study needs one seed at least.")
    numbers = tuple(range(seed, seed + count))
    many = 1 if study.alone else min(count, jobs or os.cpu_count() or 1)
    began = time.monotonic()
    each: list[list[Row]] = []
    if many == 1:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            for number in numbers:
                each.append(study.measure(number, say))
                say(f"{name}: seed {number} done, {len(each)} of {count}")
        finally:
            torch.set_num_threads(threads)
    else:
        with ProcessPoolExecutor(many, mp_context=get_context("spawn"), initializer=_alone) as pool:
            waiting = [pool.submit(_measured, name, dict(given), number) for number in numbers]
            for number, one in zip(numbers, waiting, strict=True):
                each.append(one.result())
                say(f"{name}: seed {number} done, {len(each)} of {count}")
    rows = [{"seed": number, **row} for number, found in zip(numbers, each, strict=True) for row in found]
    return found_of(study, given, numbers, rows, time.monotonic() - began)


def found_of(
    study: Study, given: Mapping[str, Any], seeds: tuple[int, ...], rows: Sequence[Row], seconds: float
) -> Finding:
    """Return the finding that rows amount to."""
    rows = json.loads(json.dumps(rows))  # what is judged is what is written down
    return Finding(study, dict(given), seeds, rows, study.judge(rows), study.table(rows), study.figures(rows), seconds)


def _alone() -> None:
    torch.set_num_threads(1)


def _measured(name: str, given: dict[str, Any], seed: int) -> list[Row]:
    """Measure one seed, in a process of its own."""
    return prepare(name, given).measure(seed, lambda note: None)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
