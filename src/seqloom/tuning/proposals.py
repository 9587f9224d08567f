"""Proposals: the study in its file, what it proposes next, and what was told it."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from seqloom.errors import InputError
from seqloom.metrics import higher_is_better
from seqloom.spec import Spec
from seqloom.tuning.found import ENOUGH, Found, Row
from seqloom.tuning.plan import Plan
from seqloom.tuning.space import Space, Value
from seqloom.tuning.trial import Outcome, State
from seqloom.tuning.usual import said, takes

Trial = Any
"""An `optuna.trial.Trial`: it can be reported to."""
FrozenTrial = Any
"""An `optuna.trial.FrozenTrial`: what is kept of one."""
FILE, NAME = "study.journal", "tune"
GIVEN, SECONDS, OUTCOME, STATE, STEPS, PARAMETERS, ERROR, REPEATS, BEGUN = (
    "given", "seconds", "value", "state", "steps", "parameters", "error", "repeats", "begun",
)  # fmt: skip
TRIES = 50
"""Proposals in a row that were tried before, in a space without end, before the search takes it for searched."""
COMPARED = 4
"""Trainings that must have come to their end before one is given up."""
EARLY = 3
"""The tenth of its updates at which a training may be given up first."""
KINDS = ("arch", "encoder", "decoder", "bridge")
"""Keys that change which other keys there are."""
LISTED = 10_000
"""Combinations up to which all are listed, to know when every one was tried."""
KILLED = 2
"""Times that a process may be killed in the middle of one training before that is a failure."""
DONE, PRUNED, FAILED, RUNNING = "COMPLETE", "PRUNED", "FAIL", "RUNNING"
STATES: dict[State, str] = {"done": DONE, "pruned": PRUNED, "ended": PRUNED, "failed": FAILED}
"""What Optuna calls them."""


class Proposals:
    """A study of Optuna's, in a file of JSON lines."""

    def __init__(self, folder: Path, plan: Plan, spaces: Sequence[Space]) -> None:
        """Open the study of a folder, or make it."""
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        self.folder, self.plan, self.spaces = folder, plan, spaces
        self.higher = higher_is_better(plan.metric)
        self._bases: dict[tuple[str, ...], Spec | None] = {}
        self._every: set[tuple[str, ...]] | None = None
        self._space: dict[str, Any] = {space.name: space.distribution() for space in spaces}
        storage = JournalStorage(JournalFileBackend(str(folder / FILE)))
        self.study = optuna.create_study(
            storage=storage,
            study_name=NAME,
            direction="maximize" if self.higher else "minimize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=COMPARED, n_warmup_steps=EARLY) if plan.prune else None,
        )
        drawn = len(self.study.get_trials(deepcopy=False))
        self.study.sampler = optuna.samplers.TPESampler(seed=plan.seed + drawn, n_startup_trials=self._startup())

    def begin(self) -> None:
        """Propose first what the spec itself says, where that is in the space."""
        if self.study.get_trials(deepcopy=False):
            return
        spec = self.plan.spec()
        given: dict[str, Value] = {}
        for space in self.spaces:
            near = [space.near(said(spec, key)) for key in space.keys]
            if None in near or len(set(near)) > 1:
                return
            given[space.name] = near[0]  # type: ignore[assignment]
        self.study.enqueue_trial(given, user_attrs={GIVEN: True})

    def next(self) -> Trial | None:
        """Return a training to do: one that was begun, or one that was never tried; None where all were."""
        from optuna.trial import Trial as Known

        for frozen in self._in((RUNNING,)):
            trial = Known(self.study, frozen._trial_id)
            begun = int(frozen.user_attrs.get(BEGUN, 0))
            if REPEATS in frozen.user_attrs or begun >= KILLED:
                why = f"the process was killed {begun} times in the middle of it; was there memory enough?"
                self.tell(trial, Outcome("failed", None, 0, 0.0, error=why))
                continue
            trial.set_user_attr(BEGUN, begun + 1)
            return trial
        for _ in range(TRIES):
            if self._all_tried():
                return None
            trial = self.study.ask(self._space)
            twin = self._twin(trial)
            if twin is None:
                trial.set_user_attr(BEGUN, 1)
                return trial
            self._repeat(trial, twin)
        return None

    def settings(self, trial: Trial | FrozenTrial) -> list[str]:
        """Return the settings, key=value, of a training; where its architecture is searched too, without the keys that
        this one does not have."""
        return self._said({space.name: trial.params[space.name] for space in self.spaces})

    def judge(self, trial: Trial) -> Callable[[int, float], bool]:
        """Return what tells a training, at a tenth of its updates, whether to give up."""
        known = set(self._frozen(trial).intermediate_values)

        def worse(tenth: int, value: float) -> bool:
            if tenth in known:
                return False
            known.add(tenth)
            trial.report(value, tenth)
            return self.plan.prune and trial.should_prune()

        return worse

    def tell(self, trial: Trial, outcome: Outcome) -> None:
        """Keep what a training came to."""
        for name, value in (
            (STATE, outcome.state),
            (OUTCOME, outcome.value),
            (STEPS, outcome.steps),
            (PARAMETERS, outcome.parameters),
            (ERROR, outcome.error),
        ):
            trial.set_user_attr(name, value)
        self.study.tell(trial, outcome.value if outcome.state == "done" else None, state=_state(STATES[outcome.state]))

    def spend(self, trial: Trial, seconds: float) -> None:
        """Keep how long a training has taken, over all sessions."""
        trial.set_user_attr(SECONDS, seconds)

    def pause(self, trial: Trial, seconds: float) -> None:
        """Keep that a training was stopped by a signal, and is to be gone on with."""
        self.spend(trial, seconds)
        trial.set_user_attr(BEGUN, 0)

    def spent(self, trial: Trial) -> float:
        """Return how long a training has taken in earlier sessions."""
        return float(self._frozen(trial).user_attrs.get(SECONDS, 0.0))

    def seconds(self) -> float:
        """Return how long all trainings have taken."""
        return sum(float(one.user_attrs.get(SECONDS, 0.0)) for one in self.study.get_trials(deepcopy=False))

    def ended(self) -> list[FrozenTrial]:
        """Return the trainings that are over."""
        return [one for one in self._in((DONE, PRUNED, FAILED)) if REPEATS not in one.user_attrs]

    def best(self) -> FrozenTrial | None:
        """Return the best of the trainings that came to their end."""
        done = [one for one in self.ended() if one.state.name == DONE]
        return (max if self.higher else min)(done, key=lambda one: one.value or 0.0) if done else None

    def leads(self, outcome: Outcome) -> bool:
        """Say whether an outcome is better than all before."""
        best = self.best()
        if best is None or best.value is None or outcome.value is None:
            return outcome.value is not None
        return outcome.value > best.value if self.higher else outcome.value < best.value

    def rows(self) -> list[Row]:
        """Return every training that is over, in order."""
        return [
            {
                "number": number,
                "state": one.user_attrs[STATE],
                "value": one.user_attrs[OUTCOME],
                "settings": self.settings(one),
                "values": {space.name: one.params[space.name] for space in self.spaces},
                "steps": one.user_attrs[STEPS],
                "seconds": round(float(one.user_attrs.get(SECONDS, 0.0)), 2),
                "parameters": one.user_attrs[PARAMETERS],
                "error": one.user_attrs[ERROR],
                "course": [[tenth, value] for tenth, value in sorted(one.intermediate_values.items())],
                "given": bool(one.user_attrs.get(GIVEN)),
            }
            for number, one in enumerate(self.ended(), 1)
        ]

    def found(self, ended: str, device: str) -> Found:
        """Return what the search came to so far."""
        again = sum(REPEATS in one.user_attrs for one in self.study.get_trials(deepcopy=False))
        return Found(self.plan, self.folder, self.spaces, self.rows(), self._importance(), ended, again, device)

    def _importance(self) -> dict[str, float]:
        """Return what share each space has in how good the best trainings were (Watanabe et al. 2023, PED-ANOVA,
        arXiv:2304.10255); empty where too few came to their end, or all came to the same."""
        done = [one for one in self.ended() if one.state.name == DONE]
        if len(done) < ENOUGH or len(self.spaces) < 2 or len({one.value for one in done}) < 2:
            return {}
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        shares = get_param_importances(self.study, evaluator=PedAnovaImportanceEvaluator())
        return {name: float(share) for name, share in shares.items()}

    def _startup(self) -> int:
        """Return after how many trainings proposals follow from them; before, they are drawn by chance."""
        return 10 if self.plan.trials is None else min(10, max(4, self.plan.trials // 3))

    def _said(self, values: Mapping[str, Value]) -> list[str]:
        every = [(key, one) for space in self.spaces for key, one in space.pairs(values[space.name])]
        kinds = tuple(f"{key}={one}" for key, one in every if key in KINDS)
        if kinds and kinds not in self._bases:
            try:
                self._bases[kinds] = self.plan.spec(kinds)
            except InputError:
                self._bases[kinds] = None  # the training says why
        base = self._bases.get(kinds)
        return [f"{key}={one}" for key, one in every if base is None or takes(base, key)]

    def _in(self, states: Sequence[str]) -> list[FrozenTrial]:
        return [one for one in self.study.get_trials(deepcopy=False) if one.state.name in states]

    def _frozen(self, trial: Trial) -> FrozenTrial:
        return self.study.get_trials(deepcopy=False)[trial.number]

    def _twin(self, trial: Trial) -> FrozenTrial | None:
        wanted = self.settings(trial)
        return next((one for one in self.ended() if self.settings(one) == wanted), None)

    def _repeat(self, trial: Trial, twin: FrozenTrial) -> None:
        """Tell the sampler again what it knows, and of a space with an end propose something else."""
        trial.set_user_attr(REPEATS, twin.number)
        value = twin.value if twin.state.name == DONE else None
        self.study.tell(trial, value, state=twin.state)
        if self._count() is not None:
            tried = {tuple(self.settings(one)) for one in self.ended()}
            drawn = random.Random(f"{self.plan.seed} {trial.number}")
            while True:
                values = {space.name: drawn.choice(space.all()) for space in self.spaces}
                if tuple(self._said(values)) not in tried:
                    self.study.enqueue_trial(values)
                    return

    def _count(self) -> int | None:
        """Return how many combinations there are; None: without end, or too many to list."""
        counts = [space.count for space in self.spaces]
        if None in counts:
            return None
        count = math.prod(one for one in counts if one is not None)
        return count if count <= LISTED else None

    def _all_tried(self) -> bool:
        if self._count() is None:
            return False
        if self._every is None:
            combined = product(*(space.all() for space in self.spaces))
            names = [space.name for space in self.spaces]
            self._every = {tuple(self._said(dict(zip(names, one, strict=True)))) for one in combined}
        return self._every <= {tuple(self.settings(one)) for one in self.ended()}


def _state(name: str) -> Any:
    from optuna.trial import TrialState

    return TrialState[name]
