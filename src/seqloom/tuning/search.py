"""Search: trainings with other settings, proposed by Optuna (Akiba et al. 2019, arXiv:1907.10902), the best one kept.

Settings are proposed by TPE (Bergstra et al. 2011): a value is likely where good trainings had it and bad ones had not.
A training is given up where the median of the others was better after as many tenths of its updates. The study is a
file of JSON lines that Optuna's own tools read; a search that was stopped goes on, in the middle of a training too.
"""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from seqloom.errors import InputError, Interrupted, ResourceError, nearest
from seqloom.metrics import higher_is_better
from seqloom.spec import Spec
from seqloom.tasks import task_class
from seqloom.training.manifest import replace_file
from seqloom.training.places import fresh
from seqloom.training.run import pick_device
from seqloom.tuning import plan as plans
from seqloom.tuning import space as spacing
from seqloom.tuning.found import BEST, Found
from seqloom.tuning.plan import Plan
from seqloom.tuning.proposals import Proposals, Trial
from seqloom.tuning.trial import Hear, Outcome, Watch, attempt, check_validates
from seqloom.tuning.usual import usual

Say = Callable[[str], None]
Follow = Callable[[], AbstractContextManager[Hear]]
TRIALS = 20
"""Trainings where neither a number nor minutes are given."""
FAILED = 3
"""Trainings that fail one after the other, none having come to its end, before the search gives up."""


class Stopped(Interrupted):
    """A signal ended a search, whose folder holds what was done."""

    def __init__(self, folder: Path, code: int) -> None:
        super().__init__(f"stopped; what was done is kept in {folder}.", code)
        self.folder = folder


def tune(
    task: str,
    data: str,
    *,
    search: Sequence[str] = (),
    trials: int | None = None,
    minutes: float | None = None,
    arch: str | None = None,
    config: str | None = None,
    valid: str | float | None = None,
    settings: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    prune: bool = True,
    seed: int = 7,
    out: str | None = None,
    say: Say = lambda note: None,
    follow: Follow | None = None,
) -> Found:
    """Search the settings with which a training validates best, and return what was found.

    `search` holds spaces as `seqloom.tuning.space` reads them; empty: the usual ones. It ends after so many `trials`
    (20 where neither is given) or `minutes`, whichever is first, or when every combination was tried. `follow` gives
    what hears the events of each training.

    Raises InputError for data, settings or spaces that cannot be used, Stopped on a signal.
    """
    _require()
    if data == "-":
        raise InputError("tune reads the data anew for each training, so they cannot come from standard input.")
    named = spacing.spaces(search)
    begun = Plan(
        task=task,
        data=data,
        arch=arch,
        config=config,
        valid=valid,
        settings=list(settings),
        columns=dict(columns or {}),
        search=["not yet"],
        trials=trials if trials or minutes else TRIALS,
        minutes=minutes,
        prune=prune,
        seed=seed,
        metric="loss",
        rows="",
    )
    spec = begun.spec()
    check_validates(spec.data.valid)
    _check_known(spec, named)
    chosen = named or usual(spec)
    if not named:
        say(f"searching {', '.join(one.text for one in chosen)}; --search says otherwise")
    learnt = task_class(spec.task).learn(spec.model_copy(deep=True), say)
    final = begun.model_copy(
        update={
            "search": [one.text for one in chosen],
            "metric": learnt.spec.fit.metric,
            "rows": learnt.rows_digest,
        }
    )
    higher_is_better(final.metric)
    folder = fresh(out, f"tune-{task}")
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / plans.FILE, plans.write(final).encode())
    return _Search(folder, final, say, follow).run()


def resumed(
    out: str,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    say: Say = lambda note: None,
    follow: Follow | None = None,
) -> Found:
    """Go on with a search; `trials` and `minutes` are those of all its sessions, in place of what was planned.

    Raises CheckpointError where there is none, InputError where the training rows are other ones now.
    """
    _require()
    folder = Path(out)
    plan = plans.read(folder)
    more = {name: value for name, value in (("trials", trials), ("minutes", minutes)) if value is not None}
    if more:
        plan = plan.model_copy(update={"trials": None, "minutes": None, **more})
        replace_file(folder / plans.FILE, plans.write(plan).encode())
    learnt = task_class(plan.task).learn(plan.spec(), lambda note: None)
    if learnt.rows_digest != plan.rows:
        raise InputError(
            f"{plan.data}: its training rows are not those that {folder} was begun with. Begin a new search."
        )
    return _Search(folder, plan, say, follow).run()


class _Search:
    """One session of a search."""

    def __init__(self, folder: Path, plan: Plan, say: Say, follow: Follow | None) -> None:
        self.folder, self.plan, self.say = folder, plan, say
        self.follow: Follow = follow or (lambda: nullcontext(lambda event: None))
        self.spaces = spacing.spaces(plan.search)
        self.proposals = Proposals(folder, plan, self.spaces)

    def run(self) -> Found:
        """Train until it is time, and write down what was found."""
        self.proposals.begin()
        told: set[str] = set()

        def once(note: str) -> None:
            if note not in told:
                self.say(note)
            told.add(note)

        while (ended := self._over()) is None:
            trial = self.proposals.next()
            if trial is None:
                ended = "all"
                break
            self._train(trial, once)
            self._give_up()
        found = self.proposals.found(ended, str(pick_device(self.plan.spec().fit.device)))
        if found.best is None:
            if all(row["state"] == "failed" for row in found.rows):
                raise InputError(f"every training failed, the last: {found.rows[-1]['error']}")
            ways = ", ".join(f"{count} {state}" for state, count in found.counts().items())
            raise ResourceError(
                f"no training came to its end ({ways}): give more --minutes, or make each shorter, such as "
                f"-s fit.steps=200. What was begun is kept; go on with --resume --out {self.folder}."
            )
        shutil.rmtree(self.folder / "trials", ignore_errors=True)
        self._keep(found)
        return found

    def _over(self) -> str | None:
        """Return what has run out, if anything."""
        if self.plan.trials is not None and len(self.proposals.ended()) >= self.plan.trials:
            return "trials"
        if self.plan.minutes is not None and self.proposals.seconds() >= self.plan.minutes * 60:
            return "minutes"
        return None

    def _train(self, trial: Trial, say: Say) -> None:
        settings = self.proposals.settings(trial)
        place = self.folder / "trials" / str(trial.number)
        before = self.proposals.spent(trial)
        deadline = None
        if self.plan.minutes is not None:
            deadline = time.monotonic() + self.plan.minutes * 60 - self.proposals.seconds()
        started = time.perf_counter()
        if place.exists() and not any((place / "checkpoints").glob("step-*")):
            shutil.rmtree(place)  # it was stopped before there was anything to go on from
        try:
            with self.follow() as hears:
                watch = Watch(self.plan.metric, deadline, self.proposals.judge(trial), hears)
                outcome = attempt(self.plan.words(settings), place, watch, say)
        except (Interrupted, KeyboardInterrupt) as stopped:
            self.proposals.pause(trial, before + time.perf_counter() - started)
            raise Stopped(self.folder, getattr(stopped, "code", 130)) from None
        self.proposals.spend(trial, before + outcome.seconds)
        if outcome.state == "done" and self.proposals.leads(outcome):
            shutil.rmtree(self.folder / "best", ignore_errors=True)
            shutil.rmtree(place / "checkpoints", ignore_errors=True)
            place.rename(self.folder / "best")
            plans.alone(self.plan.spec(settings), self.folder / BEST)
        self.proposals.tell(trial, outcome)
        shutil.rmtree(place, ignore_errors=True)
        self.say(self._line(trial, settings, outcome))

    def _line(self, trial: Trial, settings: Sequence[str], outcome: Outcome) -> str:
        of = f" of {self.plan.trials}" if self.plan.trials else ""
        head = f"training {len(self.proposals.ended())}{of}: {' '.join(settings)}: "
        if outcome.state == "failed":
            return f"{head}failed: {outcome.error}"
        value = "no validation yet" if outcome.value is None else f"{self.plan.metric} {outcome.value:.4g}"
        how = {"done": "", "pruned": ", given up", "ended": ", ended by the time"}[outcome.state]
        best = self.proposals.best()
        lead = "" if best is None else " (the best)" if best.number == trial.number else f" (best {best.value:.4g})"
        return f"{head}{value} after {outcome.steps:,} updates in {outcome.seconds:.0f} s{how}{lead}"

    def _give_up(self) -> None:
        """Raise InputError where nothing but failures came."""
        rows = self.proposals.rows()
        if len(rows) >= FAILED and all(row["state"] == "failed" for row in rows):
            raise InputError(f"the first {len(rows)} trainings failed, the last: {rows[-1]['error']}")

    def _keep(self, found: Found) -> None:
        told = json.dumps(found.to_dict(), ensure_ascii=False, indent=1)
        replace_file(self.folder / "tuning.json", told.encode())


def _check_known(spec: Spec, spaces: Sequence[spacing.Space]) -> None:
    """Raise InputError for a key that no spec has, before anything is trained; what a part takes, the part says."""
    sections: dict[str, Any] = {name: getattr(spec, name) for name in Spec.model_fields}
    for space in spaces:
        for key in space.keys:
            first, *rest = key.split(".")
            if first not in sections or first in ("task", "format"):
                raise InputError(f"--search {space.text}: there is no key '{key}'" + nearest(first, sections))
            fields = getattr(type(sections[first]), "model_fields", None)
            if fields is not None and rest and rest[0] not in fields:
                raise InputError(f"--search {space.text}: {first} has no '{rest[0]}'" + nearest(rest[0], fields))
            if first == "data" or key in ("fit.metric", "fit.patience", "fit.device"):
                raise InputError(
                    f"--search {space.text}: trainings are compared by {spec.fit.metric} on the same rows, so {key} "
                    "cannot vary; set it with -s."
                )


def _require() -> None:
    """Raise ResourceError where Optuna is not installed."""
    try:
        import optuna
    except ImportError:
        raise ResourceError("tune needs Optuna: pip install 'seqloom[tune]'.") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
