"""Backtest: forecasts from every origin of what was held out, with the naive ones always beside them.

At each origin a forecast sees what came before it and nothing else (rolling origin; Tashman 2000, International Journal
of Forecasting 16(4)). The naive forecasts see the same past, whole. MASE is scaled by the seasonal naive error of the
training part.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch
from seqloom.metrics.forecasting import seasonal_scale
from seqloom.metrics.naive import Naive, drift, naive, seasonal_naive
from seqloom.model import SequenceModel
from seqloom.tasks.forecast_batches import ForecastData
from seqloom.tasks.forecast_errors import LEVELS, Errors, plain, verdict
from seqloom.tasks.forecast_rows import Laid
from seqloom.tasks.forecast_telling import has_distribution, last, tell
from seqloom.tasks.task import Losses

Floats = NDArray[np.float64]


class ForecastMeter:
    """Count a pass over windows: the loss, and errors of what the model tells by itself in the series' own units.

    Data that is `full` adds the naive forecasts from the same origins, and distributions where the head has them.
    """

    def __init__(self, model: SequenceModel, data: ForecastData, season: int) -> None:
        self._model, self._data, self._season, self._full = model, data, season, data.full
        full = data.full
        laid = data.laid
        horizon = laid.windows.horizon
        self._loss = [0.0, 0.0]
        self._errors, self._scaled = Errors(horizon), Errors(horizon)
        self._distribution = full and has_distribution(model)
        self._scales = [_seasonal(laid, lane.series, season) for lane in laid.lanes]
        self._beside = {name: Errors(horizon) for name in ("naive", "seasonal naive", "drift")} if full else {}

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch: the loss from its outputs, the errors from what the model tells of its windows."""
        for total, count in losses.values():
            self._loss[0] += float(total)
            self._loss[1] += float(count)
        laid, keys = self._data.laid, self._data.keys[list(batch.rows)]
        levels = LEVELS if self._distribution else ()
        told = tell(self._model, batch, self._data.form, levels, numbers=batch.rows, outputs=outputs)
        point = told.point.double().cpu().numpy()
        true = self._true(batch)
        lanes = [laid.lanes[track] for track in keys[:, 0]]
        center = np.stack([lane.scale.center for lane in lanes])[:, None]  # [batch, 1, channels]
        spread = np.stack([lane.scale.spread for lane in lanes])[:, None]
        scale = np.stack([lane.pick(self._scales[track]) for track, lane in zip(keys[:, 0], lanes, strict=True)])
        self._scaled.add(true, point, scale[:, None] / spread)
        quantiles = None
        if self._distribution:
            quantiles = told.quantiles.double().cpu().numpy() * spread[..., None] + center[..., None]
        own = true * spread + center
        self._errors.add(own, point * spread + center, scale[:, None], quantiles)
        if self._full:
            self._naive(keys, own, scale[:, None])

    def result(self) -> dict[str, float]:
        """Return loss, errors in the series' own units, and scaled ones as training sees them."""
        found = {"loss": self._loss[0] / max(self._loss[1], 1), **self._errors.result()}
        scaled = self._scaled.result()
        return {**found, "scaled.mae": scaled.get("mae", np.nan), "scaled.mse": scaled.get("mse", np.nan)}

    def details(self) -> dict[str, Any]:
        """Return the table of all forecasts, each by step of the horizon, and what it says of the model."""
        if not self._full:
            return {}
        methods = {"model": self._errors, **self._beside}
        if self._season == 1:
            del methods["seasonal naive"]
        rows = {name: errors.result() for name, errors in methods.items()}
        beats, said = verdict(rows, [name for name in methods if name != "model"])
        lanes = self._data.laid.lanes
        return {
            "origins": len({(lanes[track].series, origin) for track, origin in self._data.keys.tolist()}),
            "horizon": self._data.laid.windows.horizon,
            "season": self._season,
            "forecasts": plain(methods),
            "by_step": {name: errors.by_step() for name, errors in methods.items()},
            "beats_naive": beats,
            "verdict": said,
        }  # fmt: skip

    def _true(self, batch: Batch) -> Floats:
        """Return what came after each window, scaled: [batch, horizon, channels]."""
        target = next(iter(batch.target.values())).values
        if self._data.form == "aligned":
            target = last(target, batch)
        found: Floats = target.double().cpu().numpy()
        return found

    def _naive(self, keys: NDArray[np.int64], own: Floats, scale: Floats) -> None:
        """Count the naive forecasts from the same origins."""
        laid = self._data.laid
        horizon = laid.windows.horizon
        made: dict[tuple[int, int], list[Any]] = {}
        points: dict[str, list[Floats]] = {name: [] for name in self._beside}
        quantiles: dict[str, list[Floats]] = {name: [] for name in self._beside}
        for track, origin in keys.tolist():
            lane = laid.lanes[track]
            place = (lane.series, origin)
            if place not in made:
                past = laid.filled[lane.series].series.truth[:origin]
                made[place] = _beside(past, horizon, self._season, self._distribution)
            for name, told in zip(self._beside, made[place], strict=True):
                points[name].append(lane.pick(told.point))
                if self._distribution:
                    quantiles[name].append(np.stack([lane.pick(told.quantile(level)) for level in LEVELS], -1))
        for name, errors in self._beside.items():
            drawn = np.stack(quantiles[name]) if self._distribution else None
            errors.add(own, np.stack(points[name]), scale, drawn)


def _beside(past: Floats, horizon: int, season: int, spreads: bool) -> list[Naive]:
    """Return the naive, the seasonal naive and the drift forecast of a past [time, channels].

    Where no spread is asked for and the end of the past is known, the end and the first value are all they need.
    """
    season = season if len(past) >= season else 1
    recent, ends = past[-season:], past[[0, -1]]
    if spreads or len(past) < 2 or np.isnan(recent).any() or np.isnan(ends).any():
        return [naive(past, horizon), seasonal_naive(past, horizon, season), drift(past, horizon)]
    slope = (ends[1] - ends[0]) / (len(past) - 1)
    line = ends[1] + np.arange(1, horizon + 1)[:, None] * slope
    return [naive(recent, horizon), seasonal_naive(recent, horizon, season), Naive(line, np.full_like(line, np.nan))]


def _seasonal(laid: Laid, series: int, season: int) -> Floats:
    """Return the scale of MASE of a series' channels, from its training part; of one too short, steps are no season."""
    past: Sequence[Any] | Floats = laid.filled[series].series.truth[: laid.parts[series].train]
    return np.asarray(seasonal_scale(past, season if len(past) > season else 1))
