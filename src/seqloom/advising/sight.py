"""Sight: what there is to see of data and machine before anything is trained, as plain values."""

import time
from typing import Any

import numpy as np

from seqloom.checking.leaks import leaks, twice
from seqloom.checking.ordering import order_of
from seqloom.checking.parts import parts_of
from seqloom.checking.survey import survey
from seqloom.tasks.task import Data, Task
from seqloom.training.machine import machine

SECONDS = 2.0
"""How long batches are looked at; of what is left, counts are estimated from what was seen."""
NAMED = 8
"""Labels that are named."""
SURVEYED = 20_000
"""Rows of which all are compared with one another; of more, `seqloom check` takes the time."""


def sight(task: Task, train: Data, held: Data, device: str, thorough: bool) -> dict[str, Any]:
    """Return rows, lengths, vocabulary, labels and machine; `whole` says whether every batch was looked at.

    Where it is `thorough`, also "order", what a simple score says of it, and of not too many rows "noise": how many are
    told in more than one way, the share that can be right at `best`, and how many held-out ones are in training too.
    `task` is the one that read the data, and holds its rows.
    """
    rows, lengths, tokens, share = _counted(train)
    found: dict[str, Any] = {
        "rows": round(rows / share),
        "tokens": round(tokens / share),
        "held_out": round(_rows(held)),
        "whole": share == 1,
        "lengths": _spread(lengths),
        "machine": machine(device),
    }
    wiring = task.wiring(vectors_too=False)
    found["vocabulary"] = {
        name: size for name, size in (("source", wiring.source), ("target", wiring.target)) if size is not None
    }
    found["labels"] = {name: _balance(names, counts) for name, (names, counts) in wiring.labels.items()}
    if thorough:
        found["order"] = order_of(task, train)
        found["noise"] = _noise(task)
    return found


def _noise(task: Task) -> dict[str, Any] | None:
    parts = parts_of(task)[:2]
    if not parts or sum(part.rows for part in parts) > SURVEYED:
        return None
    known, *others = [survey(part) for part in parts]
    again = twice(known)
    leaked = [leak for held in others for leak in leaks(held, known)]
    return {
        "rows": parts[0].rows,
        "twice": again.rows,
        "unlike": again.unlike,
        "best": again.best,
        "leaked": {leak.kind: leak.rows for leak in leaked},
    }


def _counted(data: Data) -> tuple[int, list[int], int, float]:
    """Return rows, their lengths, tokens, and the share of the batches that was looked at."""
    keys = data.order(0)
    order = np.random.default_rng(0).permutation(len(keys)).tolist()
    if data.carries:
        order = sorted(order)
    rows = tokens = seen = 0
    lengths: list[int] = []
    until = time.perf_counter() + SECONDS
    for place in order:
        batch = data.load(keys[place])
        field = batch.inputs.get("source", next(iter(batch.inputs.values())))
        rows, tokens, seen = rows + len(field.values), tokens + batch.tokens, seen + 1
        if "source" in batch.inputs and field.mask is not None:
            lengths += field.mask.sum(1).tolist()
        if time.perf_counter() > until:
            break
    return rows, lengths, tokens, seen / len(keys)


def _rows(data: Data) -> float:
    keys = data.order(0)
    tried = keys[:: max(1, len(keys) // 16)]
    return sum(len(data.load(key).rows) for key in tried) * len(keys) / len(tried)


def _spread(lengths: list[int]) -> dict[str, float] | None:
    if not lengths:
        return None
    at = np.quantile(lengths, [0, 0.5, 0.95, 1], method="nearest").tolist()
    return dict(zip(("least", "median", "p95", "most"), at, strict=True))


def _balance(names: list[str], counts: list[int]) -> dict[str, Any]:
    """Return how many labels there are, the share of each of the commonest, and how evenly they lie: 1 is even
    (entropy over the logarithm of their number)."""
    total = max(sum(counts), 1)
    order = sorted(range(len(names)), key=lambda place: -counts[place])
    p = np.array([count / total for count in counts if count], np.float64)
    evenness = float(-(p * np.log(p)).sum() / np.log(len(names))) if len(names) > 1 else 1.0
    return {
        "count": len(names),
        "evenness": evenness,
        "commonest": {names[place]: counts[place] / total for place in order[:NAMED]},
        "rarest": counts[order[-1]],
    }
