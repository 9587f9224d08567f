"""Reading the data once for all contestants that read them alike, whatever stands behind their inputs."""

import copy
import json
import time
from typing import Any

from seqloom.advising.entrants import settled
from seqloom.errors import InputError
from seqloom.spec import Spec, parse
from seqloom.tasks import task_class
from seqloom.tasks.task import Data, Say, Task

PARTS = ("arch", "encoder", "bridge", "decoder", "fuse", "fit")
"""Sections of a spec that reading does not ask."""
OF_A_SIDE = ("size", "tie", "dropout", "encoder")
"""And keys of a side."""
OF_FIT = ("batch_tokens", "window", "seed", "metric")
"""Keys of the fit section that it does ask: how batches are cut."""


class Reading:
    """Tasks that have read their data, and the data in batches; `longest` is the seconds that one reading took."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._learnt: dict[str, tuple[dict[str, Any], Task]] = {}
        self._data: dict[tuple[str, bool], tuple[Data, Data]] = {}
        self.longest = 0.0

    def knows(self, spec: Spec) -> bool:
        """Say whether data have been read as this spec reads them."""
        return key_of(spec) in self._learnt

    def task(self, spec: Spec) -> Task:
        """Return the task of a spec, with its own spec and what is learnt from the data. Raises InputError for data
        that cannot be used, and where nothing is held out."""
        name = key_of(spec)
        if name not in self._learnt:
            started, planned = time.perf_counter(), spec.model_dump(mode="json")
            task = task_class(spec.task).learn(spec.model_copy(deep=True), self._say)
            self._learnt[name] = planned, task
            self.parts(spec, False)  # laying out batches may settle more of the spec
            self.longest = max(self.longest, time.perf_counter() - started)
        planned, task = self._learnt[name]
        mine = copy.copy(task)
        mine.spec = parse(settled(planned, task.spec.model_dump(mode="json"), spec.model_dump(mode="json")))
        return mine

    def parts(self, spec: Spec, carries: bool) -> tuple[Data, Data]:
        """Return the batches to train on and those to judge by, for a spec as it was planned."""
        name = key_of(spec)
        if (name, carries) not in self._data:
            source = self._learnt[name][1]
            train, held = source.training(self._say, carries)
            if not len(train.order(0)):
                raise InputError(f"{spec.data.train}: nothing is left to train on.")
            if held is None or not len(held.order(0)):
                raise InputError("advice rests on rows held out: give some with --valid FILE, or a share: --valid 0.1.")
            self._data[name, carries] = train, held
        return self._data[name, carries]


def key_of(spec: Spec) -> str:
    """Return what reading the data depends on, as text."""
    found = spec.model_dump(mode="json", exclude=set(PARTS))
    found["fit"] = {key: getattr(spec.fit, key) for key in OF_FIT}
    sides = [found.get("source"), found.get("target"), *(found.get("beside") or {}).values()]
    for side in sides:
        for key in OF_A_SIDE:
            if side:
                side.pop(key, None)
    return json.dumps(found, sort_keys=True, default=str)
