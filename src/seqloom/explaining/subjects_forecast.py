"""Subjects whose answer is a forecast: the last window of a series, and what is told of the steps after it."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.decoding.numbers import forecast
from seqloom.errors import InputError
from seqloom.explaining.axes import steps_read
from seqloom.explaining.scores import step_at
from seqloom.explaining.subject import Axis, Outputs, Subject, numbered
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_answers import Past, ahead
from seqloom.tasks.forecast_batches import HEAD, batch_of
from seqloom.tasks.forecast_rows import section, settled
from seqloom.tasks.forecast_telling import head_of, known_of, last
from seqloom.training.run import Run


def forecast_subject(
    run: Run, task: Forecasting, row: Any, target: str | None, at: int | None, data: str | None
) -> Subject:
    """Return the last window of the first series of a file, or of a Past, and the mean of the steps told, or one."""
    if target is not None:
        raise InputError("this run tells numbers, and what is explained are those that it tells: leave out target.")
    if not isinstance(row, str | Past):
        raise InputError("a row of a forecast is a file with the series up to now.")
    notes: list[str] = []
    pasts = [row] if isinstance(row, Past) else [past for _, past in task.rows_of(row, notes.append)]
    if not pasts:
        raise InputError(f"{row}: holds no series.")
    past, said = pasts[0], section(run.spec)
    laid, form, horizon = past.laid, said.form, settled(run.spec)[1]
    lanes = [number for number, lane in enumerate(laid.lanes) if lane.series == past.series]
    name = laid.filled[past.series].series.name
    if len(pasts) > 1:
        notes.append(f"of {len(pasts)} series the first one is explained{f': {name}' if name else ''}.")
    if len(lanes) > 1:
        columns = list(laid.found.chosen.values)
        notes.append(f"each column is told apart; the first is explained: {columns[0]}.")
    lane = laid.lanes[lanes[0]]
    batch = batch_of(laid, np.array([(lanes[0], len(laid.filled[past.series].values))], np.int64), form, told=False)
    future = torch.from_numpy(ahead(run.spec, laid, past.series, horizon))[None]
    model, channels = run.model, head_of(run.model).shape.channels
    batch = known_of(batch.to(run.device), future.to(run.device), 0, horizon, form, channels)
    if form == "sequence":
        batch = _hearing(run, batch, channels)
    head, spread = head_of(model), torch.as_tensor(lane.scale.spread[:channels], device=run.device)
    center = torch.as_tensor(lane.scale.center[:channels], device=run.device)
    place = None if at is None else step_at(at, horizon)

    def told(outputs: Outputs) -> Tensor:
        given = last(outputs[HEAD], batch) if form == "aligned" else outputs[HEAD]
        return head.point(given)[0] * spread.to(given.dtype) + center.to(given.dtype)  # [horizon, channels]

    def score(outputs: Outputs) -> Tensor:
        each = told(outputs)[:, 0]
        return each.mean() if place is None else each[place]

    with torch.no_grad():
        values = told(model(batch)[0])[:, 0].tolist()
    times = [str(one) for one in laid.found.ahead(laid.filled[past.series].series, horizon)]
    axes = {"source": numbered(steps_read(model, batch.inputs["source"])), "answer": Axis(tuple(times), kind="step")}
    if form == "sequence":
        axes["target"] = numbered(horizon)
    shown = f"{laid.found.path}{f' {name}' if name else ''}"
    answer = ", ".join(f"{value:.5g}" for value in values[:8]) + (", ..." if horizon > 8 else "")
    what = "the mean of the steps told" if place is None else f"what is told of {times[place]}"
    return Subject(run, batch, axes, shown, answer, score, what, row, data, tuple(notes))


def _hearing(run: Run, batch: Batch, channels: int) -> Batch:
    """Return the batch whose decoder hears its own forecasts, as it does when it tells."""
    with torch.no_grad():
        point = head_of(run.model).point(forecast(run.model, batch, HEAD))
    field = batch.inputs["target"]
    values = field.values.clone()
    values[:, 1:, :channels] = point[:, :-1].to(values.dtype)
    return replace(batch, inputs={**batch.inputs, "target": replace(field, values=values)})
