"""How far back a model reaches: the steps after which 1 % of a change of its State is left.

What attends sees every step alike, and has no such horizon. The Jacobian is that of `seqloom explain --views jacobian`.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqloom.batch import Batch
from seqloom.encoders.bag import Bag
from seqloom.encoders.mlp import MLP
from seqloom.explaining.jacobian_view import FEW, JacobianView
from seqloom.explaining.recurrent import places
from seqloom.explaining.subject import Subject
from seqloom.layers.attention import SelfAttention
from seqloom.model import SequenceModel
from seqloom.training.run import Run

STEPS = 64
"""Steps that are followed back from the end of a row."""
ROWS = 3
"""Rows that are looked at."""


def horizon_of(run: Run, batches: Sequence[Batch], seconds: float) -> dict[str, Any]:
    """Return `horizon`, in steps, and `horizon_about`: why there is none, or how the one there is must be read.

    Of several recurrences (both directions, encoder and decoder) it is that of the one that reaches farthest; over
    rows it is the median. The longest rows are looked at; only where `seconds` are over are some of them left out. Of a
    State of more than 400 numbers the 32 directions that matter most are followed, as `seqloom explain` does.
    """
    why = _none(run.model)
    if why:
        return {"horizon": None, "horizon_about": why}
    found: list[float] = []
    followed, began = 0, time.perf_counter()
    for batch in sorted(batches, key=lambda one: -one.tokens)[:ROWS]:
        if followed and time.perf_counter() - began > seconds:
            break
        try:
            farthest, steps = _farthest(run, batch)
        except RuntimeError as error:  # torch's own: a cell of somebody's that cannot be differentiated side by side
            return {"horizon": None, "horizon_about": f"no Jacobian: {str(error).strip().splitlines()[0]}"}
        followed = max(followed, steps)
        found += [] if farthest is None else [farthest]
    if not found:
        return {"horizon": None, "horizon_about": "rows of two steps at least are needed"}
    horizon = float(np.median(found))
    about: str | None = None
    if not np.isfinite(horizon):
        return {"horizon": None, "horizon_about": f"a change of the State does not fade over {followed} steps"}
    if followed < FEW:
        about = f"rows of {followed} steps say little"
    elif horizon > followed:
        about = f"by the slope over {followed} steps"
    return {"horizon": horizon, "horizon_about": about}


def _none(model: SequenceModel) -> str | None:
    """Return why a model has no horizon."""
    if any(isinstance(part, SelfAttention) for part in model.modules()):
        return "attention sees every step"
    if not places(model):
        blind = isinstance(model.encoder, Bag | MLP)
        return "blind to order: every step counts alike" if blind else "nothing in it is recurrent"
    return None


def _farthest(run: Run, batch: Batch) -> tuple[float | None, int]:
    """Return the horizon of the recurrence that reaches farthest in a row, infinite where a change does not fade, and
    how many steps were followed; None where there are fewer than two."""
    subject = Subject(run, batch, {}, "", "", lambda outputs: next(iter(outputs.values())).sum(), "")
    viewer = JacobianView(steps=STEPS, samples=1)
    if viewer.refusal(subject) is not None:
        return None, 0
    facts = [one for one in viewer.view(subject, lambda note: None).facts.values() if "horizon" in one]
    told = [one for one in facts if one["verdict"] is not None]
    if not told:
        return None, 0
    each = [float("inf") if one["horizon"] is None else float(one["horizon"]) for one in told]
    return max(each), max(one["followed"] for one in told)
