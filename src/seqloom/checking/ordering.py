"""Ordering: the question of `order.py`, put to the training rows of any task."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from seqloom.batch import Batch
from seqloom.checking.kernels import Floats, Ints
from seqloom.checking.order import LEAST, ROWS, Worth, of_series, of_tokens
from seqloom.checking.order_steps import TOKENS, of_pairs, of_steps, of_words
from seqloom.checking.order_text import of_text
from seqloom.checking.series import Echo, echo, of_forecasts
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_rows import Laid, settled
from seqloom.tasks.language import Language
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.regress import Regress
from seqloom.tasks.row_task import RowTask
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_series import TagSeries
from seqloom.tasks.task import Data, Task
from seqloom.tasks.vqa import Vqa

LABELS = 100
"""The most frequent labels, which are scored."""
BATCHES = 100
"""Batches that rows are drawn from."""
STEPS = 48
"""Steps of a look-back that the score reads at most."""


def order_of(task: Task, train: Data) -> dict[str, Any]:
    """Return what order is worth in the training rows of a task, as plain values: "kind" ("rows", "steps", "text",
    "forecast"), what `Worth` or `Contexts` have, and "shown"; or "why" nothing can be said."""
    if isinstance(task, Language):
        assert task._parts is not None
        found = of_text(task._parts.train, len(task.vocabulary), task.spec.fit.window)
        return {"kind": "text", **asdict(found), "reach": found.reach, "shown": found.shown}
    if isinstance(task, Forecasting):
        assert task.laid is not None
        look_back = min(settled(task.spec)[0], STEPS)
        return _said("forecast", of_forecasts(_channels(task.laid), look_back), "too few windows to learn from")
    if isinstance(task, Vqa | MediaPairTask):
        return {"kind": "none", "why": "what is read is media, which a simple score cannot tell apart"}
    if isinstance(task, Tag):
        return _said("steps", of_words(_sentences(task)), "too few sentences")
    if isinstance(task, PairTask):
        pairs = _pairs(train)
        enough = len(pairs) >= LEAST
        return _said("pairs", of_pairs(pairs) if enough else None, "too few pairs, or no target token twice")
    if isinstance(task, TagSeries):
        return _said("steps", _of_steps(train), "too few steps")
    if isinstance(task, RowTask):
        return _of_rows(task, train)
    raise AssertionError(f"a task that is none of them: {task.name}")


def echoes(laid: Laid, season: int) -> list[Echo]:
    """Return how each channel of each series goes together with itself, in its training part."""
    found = []
    for one, part in zip(laid.filled, laid.parts, strict=True):
        for channel, name in enumerate(laid.found.chosen.values):
            heard = echo(one.series.name, name, one.series.truth[: part.train, channel], season)
            found += [] if heard is None else [heard]
    return found


def _said(kind: str, found: Worth | None, why: str) -> dict[str, Any]:
    if found is None:
        return {"kind": "none", "why": why}
    return {"kind": kind, **asdict(found), "shown": found.shown}


def _of_rows(task: RowTask, train: Data) -> dict[str, Any]:
    """Return what order is worth to tell a label or a number of whole rows."""
    target = "number" if isinstance(task, Regress) else "label"
    rows: list[Any] = []
    told: list[Any] = []
    seen: set[bytes] = set()
    for values, mask, truth in _drawn(train, target):
        if values.ndim > 3:
            return {"kind": "none", "why": "what is read is media, which a simple score cannot tell apart"}
        for row in range(len(values)):
            one = values[row][mask[row]]
            key = one.tobytes()
            if len(one) and key not in seen and len(rows) < ROWS:  # a row twice would tell itself
                seen.add(key)
                rows.append(one)
                told.append(truth[row])
    truth = np.array(told)
    if truth.dtype.kind == "f":
        truth = truth.reshape(len(truth), -1).astype(np.float64)
    elif truth.ndim == 1 and len(truth):
        names, counts = np.unique(truth, return_counts=True)
        most = names[np.argsort(-counts, kind="stable")[:LABELS]]
        kept = np.flatnonzero(np.isin(truth, most))
        rows = [rows[place] for place in kept.tolist()]
        _, truth = np.unique(truth[kept], return_inverse=True)
    if len(rows) < LEAST or len(np.unique(truth)) < 2 or max(map(len, rows)) < 2:
        return {"kind": "none", "why": f"fewer than {LEAST} different rows of several steps and labels"}
    if rows[0].ndim == 1:
        return _said("rows", of_tokens(rows, truth), "")
    return _said("rows", of_series(rows, truth), "")


def _of_steps(train: Data) -> Worth | None:
    series: list[tuple[Floats, list[int]]] = []
    left = TOKENS
    for values, mask, truth in _drawn(train, "tags"):
        for row in range(len(values)):
            if left > 0 and values.ndim == 3:
                steps = int(mask[row].sum())
                first = max(0, (steps - left) // 2)
                some = slice(first, first + min(left, steps, max(TOKENS // 8, 1)))
                series.append((values[row][some].astype(np.float64), truth[row][some].tolist()))
                left -= len(series[-1][1])
    told = {label for _, labels in series for label in labels}
    return of_steps(series) if len(told) > 1 and TOKENS - left >= LEAST else None


def _drawn(train: Data, target: str) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (values, mask, target) of some batches, drawn at random."""
    for batch in _batches(train):
        field = batch.inputs["source"]
        assert field.mask is not None
        yield field.values.numpy(), field.mask.numpy(), batch.target[target].values.numpy()


def _batches(train: Data) -> Iterator[Batch]:
    keys = list(train.order(0))
    for place in np.random.default_rng(0).permutation(len(keys))[:BATCHES].tolist():
        yield train.load(keys[place])


def _pairs(train: Data) -> list[tuple[Ints, Ints]]:
    """Return (source, target) ids of some pairs."""
    found: list[tuple[Ints, Ints]] = []
    for batch in _batches(train):
        source, words = batch.inputs["source"], batch.target["words"]
        if source.values.is_floating_point():
            return []
        assert source.mask is not None and words.mask is not None
        for row in range(len(source.values)):  # EOS ends both
            ids = [one.values[row][one.mask[row]].numpy()[:-1] for one in (source, words) if one.mask is not None]
            found.append((ids[0], ids[1]))
        if len(found) >= ROWS:
            break
    return found[:ROWS]


def _sentences(task: Tag) -> list[tuple[list[str], list[str]]]:
    """Return (words, tags) of sentences drawn at random, each once, of so many words in all."""
    assert task._parts is not None
    part = task._parts.train
    corpus, found, left = part.corpus, {}, TOKENS
    for place in np.random.default_rng(0).permutation(len(part.at)).tolist():
        row = part.at[place]
        words = corpus.words_of(row)
        if left <= 0:
            break
        if tuple(words) not in found:
            found[tuple(words)] = (words, corpus.tags_of(row))
            left -= len(words)
    return list(found.values())


def _channels(laid: Laid) -> list[Floats]:
    """Return the training part of every channel, standardised, from the last gap on."""
    found = []
    for one, part in zip(laid.filled, laid.parts, strict=True):
        values = one.series.truth[: part.train]
        for channel in values.T:
            gaps = np.flatnonzero(np.isnan(channel))
            whole = channel[gaps[-1] + 1 :] if len(gaps) else channel
            if len(whole) and whole.std() > 0:
                found.append((whole - whole.mean()) / whole.std())
    return found
