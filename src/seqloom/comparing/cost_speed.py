"""How quickly a run answers: many rows at once, and one alone."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from seqloom.batch import Batch
from seqloom.comparing.cost_rows import Rows
from seqloom.tasks.answers import Answer
from seqloom.tasks.language import Language
from seqloom.tasks.pairs import PairTask
from seqloom.training.run import Run

WARM = 3
"""Calls that are not counted."""
CALLS = 200
"""Calls that are counted at most."""
PROMPT = 32
"""Tokens that a language model has read when it begins to write."""
PASSES = 20
"""Times that all rows are answered at most."""
DIFFERENT = 32
"""Different rows among the calls, in turns."""


def speed_of(run: Run, rows: Rows, seconds: float) -> float | None:
    """Return tokens a second in prediction, after a first batch that is not counted.

    Of what writes answers: tokens written, as many rows side by side as `Run.predict` takes, by the search of its spec.
    Of everything else: tokens of the batches of an evaluation, as training counts its own.
    """
    if isinstance(run.task, PairTask) and rows.asked:
        return _written(run, rows.asked, seconds)
    keys = rows.data.order(0)
    tokens, spent, began = 0, 0.0, time.perf_counter()
    for turn in range(max(2, len(keys))):
        batch = rows.data.load(keys[turn % len(keys)]).to(run.device)
        taken = _timed(partial(_forward, run, batch), run)
        if turn:
            tokens, spent = tokens + batch.tokens, spent + taken
        if turn and time.perf_counter() - began > seconds:  # what reads the batches is not counted, but takes its time
            break
    return tokens / spent if spent and tokens else None


def latency_of(run: Run, rows: Rows, seconds: float) -> dict[str, float | None]:
    """Return milliseconds that a row takes alone, `latency_p50` and `latency_p95` over calls on different rows.

    A row is asked as a person asks it (`Run.predict`), a text cut into tokens and an answer searched for; of a language
    model it is one token that is written. Calls after the first few are counted: as many as fit into `seconds`.
    """
    if isinstance(run.task, Language):
        taken = list(_each_token(run, rows, seconds))
    else:
        calls = [partial(_answer, run, row) for row in _turns(rows.asked)]
        calls = calls or [partial(_forward, run, batch) for batch in rows.batches]
        taken = list(_each_call(calls, run, seconds))
    if not taken:
        return {"latency_p50": None, "latency_p95": None}
    half, most = np.percentile(taken, [50, 95])
    return {"latency_p50": 1000 * float(half), "latency_p95": 1000 * float(most)}


def _turns(asked: Sequence[Any]) -> list[Any]:
    """Return rows evenly over those that there are."""
    by = max(1, len(asked) // DIFFERENT)
    return list(asked[::by][:DIFFERENT])


def _each_call(calls: Sequence[Callable[[], Any]], run: Run, seconds: float) -> Iterator[float]:
    """Give the seconds of each call, those of the first few left out."""
    if not calls:
        return
    for turn in range(WARM):
        _timed(calls[turn % len(calls)], run)
    began = time.perf_counter()
    for turn in range(CALLS):
        yield _timed(calls[turn % len(calls)], run)
        if time.perf_counter() - began > seconds:
            return


def _each_token(run: Run, rows: Rows, seconds: float) -> Iterator[float]:
    """Give the seconds of each token that a language model writes after a text of its data."""
    task = run.task
    assert isinstance(task, Language)
    ids = [int(one) for batch in rows.batches[:1] for one in batch.inputs["target"].values[0, :PROMPT]]
    prompt = task.vocabulary.decode(ids)
    began, before = time.perf_counter(), time.perf_counter()
    for turn, _ in enumerate(run.generate(prompt, length=WARM + CALLS)):
        now = time.perf_counter()
        if turn >= WARM:
            yield now - before
        before = now
        if now - began > seconds and turn > WARM:
            return


def _written(run: Run, asked: Sequence[Any], seconds: float) -> float | None:
    """Return the tokens of the best answers that are written in a second."""
    list(run.predict(asked[:1]))
    tokens, began = 0, time.perf_counter()
    for _ in range(PASSES):
        for told in run.predict(asked):
            best = told.hypotheses[:1] if isinstance(told, Answer) else ()
            tokens += sum(len(one.tokens) + one.finished for one in best)
        if time.perf_counter() - began > seconds:
            break
    spent = time.perf_counter() - began
    return tokens / spent if tokens else None


def _answer(run: Run, row: Any) -> None:
    list(run.predict([row]))


def _forward(run: Run, batch: Batch) -> None:
    with torch.no_grad():
        run.model(batch)


def _timed(call: Callable[[], Any], run: Run) -> float:
    """Return the seconds that a call takes, a GPU's work among it."""
    began = time.perf_counter()
    call()
    if run.device.type == "cuda":
        torch.cuda.synchronize(run.device)
    return time.perf_counter() - began
