"""Telling: what a model forecasts for windows, whatever its form, and beyond the horizon that it was trained for.

direct and aligned forms tell their horizon at once; a sequence form tells one step after the other and hears its own
answers. Beyond the horizon every form goes on from its own forecasts, a horizon at a time: points from points, and
sample paths each from itself, from which the quantiles of those steps are then taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.decoding.numbers import forecast, sample_paths
from seqloom.heads.numbers import NumberHead
from seqloom.heads.point import PointHead
from seqloom.model import SequenceModel
from seqloom.tasks.forecast_batches import HEAD

PATHS = 200
"""Sample paths that quantiles are taken from where nothing else tells them."""


@dataclass(frozen=True)
class Told:
    """Forecasts in the units that the model was fed.

    point      [batch, horizon, channels]
    quantiles  [batch, horizon, channels, levels]
    paths      [batch, horizon, channels, paths]
    """

    point: Tensor
    quantiles: Tensor
    paths: Tensor


def head_of(model: SequenceModel) -> NumberHead:
    """Return the head that tells."""
    head = model.heads[HEAD]
    assert isinstance(head, NumberHead)
    return head


def has_distribution(model: SequenceModel) -> bool:
    """Say whether a model tells more than points."""
    return not isinstance(model.heads[HEAD], PointHead)


def tell(
    model: SequenceModel,
    batch: Batch,
    form: str,
    levels: Sequence[float] = (),
    paths: int = 0,
    seed: int = 0,
    numbers: Sequence[int] | None = None,
    outputs: Mapping[str, Tensor] | None = None,
) -> Told:
    """Forecast the horizon after each window of a batch; `outputs` are the model's, where they are there already.

    Paths follow from the seed and the number of each row. Raises InputError for levels of a head that tells points.
    """
    head = head_of(model)
    if form == "sequence" or outputs is None:
        given = forecast(model, batch, HEAD)
    else:
        given = last(outputs[HEAD], batch) if form == "aligned" else outputs[HEAD]
    point = head.point(given)
    none = point.new_zeros(*point.shape, 0)
    count = max(paths, PATHS if levels and form == "sequence" else 0)
    drawn = sample_paths(model, batch, HEAD, count, seed, numbers).to(point.dtype) if count else none.movedim(-1, 1)
    drawn = drawn.movedim(1, -1)  # [batch, horizon, channels, paths]
    if form == "sequence":
        return Told(point, _quantiles(drawn, levels), drawn[..., :paths])
    quantiles = torch.stack([head.quantile(given, level) for level in levels], -1) if levels else none
    return Told(point, quantiles.to(point.dtype), drawn)


def last(outputs: Tensor, batch: Batch) -> Tensor:
    """Return what the last step read tells: outputs [batch, time, horizon, ...] -> [batch, horizon, ...]."""
    mask = batch.inputs["source"].mask
    assert mask is not None
    place = (mask.sum(1) - 1).clamp(min=0)
    return outputs[torch.arange(len(outputs), device=outputs.device), place]


def go_on(
    model: SequenceModel,
    batch: Batch,
    future: Tensor,
    steps: int,
    form: str,
    levels: Sequence[float] = (),
    paths: int = 0,
    seed: int = 0,
) -> Told:
    """Forecast `steps` steps, however many the model tells at once; future [batch, steps, covariates] is known of them.

    A batch of windows as `tell` takes it, which has no past covariates where more steps than a horizon are asked for.
    """
    channels, horizon = head_of(model).shape.channels, head_of(model).shape.horizon
    if steps <= horizon:
        known = known_of(batch, future, 0, horizon, form, channels)
        found = tell(model, known, form, levels, paths, seed)
        return Told(found.point[:, :steps], found.quantiles[:, :steps], found.paths[:, :steps])
    points, now = [], batch
    for start in range(0, steps, horizon):
        told = tell(model, known_of(now, future, start, horizon, form, channels), form)
        points.append(told.point)
        now = _longer(now, told.point, future[:, start : start + horizon], form)
    point = torch.cat(points, 1)[:, :steps]
    count = max(paths, PATHS if levels else 0)
    if not count:
        none = point.new_zeros(*point.shape, 0)
        return Told(point, none, none)
    drawn = _paths(model, batch, future, steps, form, count, seed)
    return Told(point, _quantiles(drawn, levels), drawn[..., :paths])


def _paths(model: SequenceModel, batch: Batch, future: Tensor, steps: int, form: str, count: int, seed: int) -> Tensor:
    """Draw paths that each go on from themselves: [batch, steps, channels, count]."""
    rows, horizon, channels = len(future), head_of(model).shape.horizon, head_of(model).shape.channels
    wide = future.repeat_interleave(count, 0)
    now = Batch({name: _repeated(field, count) for name, field in batch.inputs.items()})
    blocks = []
    for number, start in enumerate(range(0, steps, horizon)):
        made = known_of(now, wide, start, horizon, form, channels)
        told = tell(model, made, form, paths=1, seed=seed + number, numbers=range(rows * count)).paths[..., 0]
        blocks.append(told)
        now = _longer(now, told, wide[:, start : start + horizon], form)
    drawn = torch.cat(blocks, 1)[:, :steps].unflatten(0, (rows, count))
    return drawn.permute(0, 2, 3, 1)


def _repeated(field: Field, count: int) -> Field:
    mask = None if field.mask is None else field.mask.repeat_interleave(count, 0)
    return replace(field, values=field.values.repeat_interleave(count, 0), mask=mask)


def _quantiles(drawn: Tensor, levels: Sequence[float]) -> Tensor:
    if not levels:
        return drawn[..., :0]
    at = torch.tensor(list(levels), dtype=drawn.dtype, device=drawn.device)
    return drawn.quantile(at, -1).movedim(0, -1)


def known_of(batch: Batch, future: Tensor, start: int, horizon: int, form: str, channels: int) -> Batch:
    """Return a batch that knows the covariates of the horizon from `start` on; steps beyond the future know zeros."""
    if not future.shape[-1]:
        return batch
    part = future[:, start : start + horizon]
    part = torch.nn.functional.pad(part, (0, 0, 0, horizon - part.shape[1]))
    inputs = dict(batch.inputs)
    if form == "sequence":
        fed = inputs["target"]
        inputs["target"] = replace(fed, values=torch.cat([fed.values[..., :channels], part], -1))
    elif form == "aligned":
        known, mask = inputs["known"], inputs["source"].mask
        assert mask is not None
        values = known.values.clone()
        values[torch.arange(len(values)), (mask.sum(1) - 1).clamp(min=0)] = part
        inputs["known"] = replace(known, values=values)
    else:
        inputs["known"] = replace(inputs["known"], values=part)
    return replace(batch, inputs=inputs)


def _longer(batch: Batch, values: Tensor, covariates: Tensor, form: str) -> Batch:
    """Return windows that have read forecasts too: values [batch, steps, channels], and what was known of them."""
    source = batch.inputs["source"]
    assert source.mask is not None
    width, channels = source.values.shape[-1], values.shape[-1]
    fresh = values.new_ones(*values.shape[:2], width)  # a flag says that a value is there
    fresh[..., :channels] = values
    size = covariates.shape[-1]
    if size:
        seen = torch.nn.functional.pad(covariates, (0, 0, 0, values.shape[1] - covariates.shape[1]))
        fresh[..., width - size :] = seen
    look_back = source.values.shape[1]
    rows, masks = [], []
    for row, length, new in zip(source.values, source.mask.sum(1).tolist(), fresh, strict=True):
        whole = torch.cat([row[:length], new])[-look_back:]
        masks.append(torch.arange(look_back, device=row.device) < len(whole))
        rows.append(torch.nn.functional.pad(whole, (0, 0, 0, look_back - len(whole))))
    inputs = {**batch.inputs, "source": Field(torch.stack(rows), torch.stack(masks))}
    if form == "sequence":
        fed = batch.inputs["target"]
        heard = fed.values.clone()
        heard[:, 0, :channels] = values[:, -1]
        inputs["target"] = replace(fed, values=heard)
    return replace(batch, inputs=inputs)
