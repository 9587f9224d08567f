"""Answers of forecasts: the steps to come of a series, dated, in its own units, with intervals and sample paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.data.calendars import calendar
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import Spec
from seqloom.tasks.forecast_batches import batch_of
from seqloom.tasks.forecast_rows import Laid, section, settled
from seqloom.tasks.forecast_telling import PATHS, Told, go_on
from seqloom.tasks.task import Say

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Past:
    """A series of a file up to its last value; `say` hears what must be said of its forecast."""

    laid: Laid
    series: int
    say: Say = lambda note: None


@dataclass(frozen=True)
class Forecast:
    """What is forecast of one series, in its own units.

    series    its name, "" in a file of one
    columns   what is forecast
    times     when, as the file writes it
    point     [steps, columns]
    low, high by percent the ends of the interval: [steps, columns]
    paths     [steps, columns, samples]
    stamps    [steps] the same times as numbers: microseconds since 1970 of dates
    before    the last times and values [time, columns] before the first step, for a picture
    dated     whether times are dates
    """

    series: str
    columns: list[str]
    times: list[str]
    point: Floats
    low: dict[float, Floats]
    high: dict[float, Floats]
    paths: Floats
    stamps: NDArray[Any]
    before: tuple[NDArray[Any], Floats]
    dated: bool


def answer(
    model: SequenceModel,
    spec: Spec,
    past: Past,
    horizon: int | None,
    levels: Sequence[float],
    samples: int,
    seed: int,
) -> Forecast:
    """Forecast one series. Raises InputError where what must be known of the steps to come is not there."""
    said, laid = section(spec), past.laid
    trained = settled(spec)[1]
    steps = trained if horizon is None else horizon
    one = laid.filled[past.series]
    if steps > trained:
        if said.past:
            raise InputError(
                f"horizon={steps}: this run tells {trained} steps, and beyond them it would have to read "
                f"{', '.join(said.past)} (series.past), which nobody knows yet. Ask for {trained} at most, or train "
                f"with -s series.horizon={steps}."
            )
        past.say(
            f"{steps} steps are more than the {trained} that this run was trained to tell; beyond them it goes on from "
            "its own forecasts" + (f", and intervals are of {PATHS} sample paths" if levels and samples < PATHS else "")
        )
    lanes = [number for number, lane in enumerate(laid.lanes) if lane.series == past.series]
    origin = len(one.values)
    keys = np.array([(number, origin) for number in lanes], np.int64)
    device = next(model.parameters()).device
    batch = batch_of(laid, keys, said.form, told=False).to(device)
    known = torch.from_numpy(ahead(spec, laid, past.series, steps)).to(device)
    future = known.expand(len(lanes), *known.shape)
    tails = [side for level in levels for side in ((1 - level / 100) / 2, (1 + level / 100) / 2)]
    with torch.no_grad():
        told = go_on(model, batch, future, steps, said.form, tails, samples, seed)
    own = _own(told, laid, lanes)
    ends = {
        level: (own.quantiles[..., 2 * place], own.quantiles[..., 2 * place + 1]) for place, level in enumerate(levels)
    }
    shown = slice(max(0, origin - max(2 * laid.windows.look_back, 2 * steps)), origin)
    return Forecast(
        one.series.name,
        list(laid.found.chosen.values),
        laid.found.ahead(one.series, steps),
        own.point,
        {level: np.minimum(low, high) for level, (low, high) in ends.items()},
        {level: np.maximum(low, high) for level, (low, high) in ends.items()},
        own.paths,
        laid.found.frequency.ahead(one.series.stamps, np.arange(origin), steps),
        (one.series.stamps[shown], one.series.truth[shown]),
        laid.found.frequency.dated,
    )


def ahead(spec: Spec, laid: Laid, series: int, steps: int) -> NDArray[np.float32]:
    """Return what is known of the steps to come, scaled: [steps, covariates].

    Raises InputError where the file does not hold the columns of series.known for each of them.
    """
    said, one = section(spec), laid.filled[series]
    names = () if said.calendar == "none" else tuple(said.calendar)
    stamps = laid.found.frequency.ahead(one.series.stamps, np.arange(len(one.series.stamps)), steps)
    dates = calendar(stamps, names)
    if not said.known:
        return dates
    future = one.known[len(one.values) :]
    if len(future) < steps:
        of = f" of series '{one.series.name}'" if one.series.name else ""
        last = laid.found.when(one.series, len(one.series) - 1)
        raise InputError(
            f"{laid.found.path}: {', '.join(said.known)} must be known of all {steps} steps after the last value{of} "
            f"({last}), and {'is' if len(future) == 1 else 'are'} known of {len(future)}. Add rows with these columns "
            "filled and the values empty."
        )
    beside = laid.scales[one.series.name][1]
    width = one.past.shape[1]
    scaled = (future[:steps] - beside.center[width:]) / beside.spread[width:]
    return np.concatenate([scaled, dates], 1).astype(np.float32)


@dataclass(frozen=True)
class _Own:
    point: Floats
    quantiles: Floats
    paths: Floats


def _own(told: Told, laid: Laid, lanes: Sequence[int]) -> _Own:
    """Bring forecasts [lanes, steps, channels, ...] back to their units, channels of all lanes side by side."""
    scales = [laid.lanes[number].scale for number in lanes]
    center, spread = (
        np.concatenate([getattr(scale, name) for scale in scales]) for name in ("center", "spread")
    )  # fmt: skip
    point, quantiles, paths = (
        np.concatenate(list(part.double().cpu().numpy()), 1) for part in (told.point, told.quantiles, told.paths)
    )
    return _Own(
        point * spread + center,
        quantiles * spread[:, None] + center[:, None],
        paths * spread[:, None] + center[:, None],
    )
