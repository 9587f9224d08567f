"""Errors of forecasts: plain functions of arrays, and what adds them up over batches.

`true` and `point` have one shape, any; where `true` is NaN nothing is known and nothing is counted. `axis` is what is
averaged over, all axes by default; an average of nothing is NaN. All in float64 and in the units of the series.

    MAE  = mean |y - f|      MSE = mean (y - f)^2      RMSE = root of the MSE
    MASE = mean |y - f| / s                 s = mean |y_t - y_(t-m)| of the training part, m the season
    sMAPE = mean 200 |y - f| / (|y| + |f|)  in percent, 0 to 200; 0 where both are 0

MASE is of Hyndman & Koehler 2006 (International Journal of Forecasting 22(4), section 3); below 1 is better than the
seasonal naive method was on the training part, one step ahead. sMAPE is the form of the M3 and M4 competitions
(Makridakis et al. 2020), with absolute values below the line; other forms differ by a factor of 2.
"""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import InputError
from seqloom.metrics.intervals import crps_quantiles, pinball
from seqloom.metrics.known import Axis, Numbers, mean_known


def mae(true: ArrayLike, point: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the mean absolute error."""
    return mean_known(np.abs(_error(true, point)), true, axis)


def mse(true: ArrayLike, point: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the mean squared error."""
    return mean_known(_error(true, point) ** 2, true, axis)


def rmse(true: ArrayLike, point: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the root of the mean squared error."""
    return np.asarray(np.sqrt(mse(true, point, axis)))


def mase(true: ArrayLike, point: ArrayLike, scale: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the mean absolute scaled error; `scale` comes of `seasonal_scale` and broadcasts to `true`.

    A scale of 0 or NaN (a training part that is constant, or too short) has no scaled error: nothing is counted there.
    """
    known = np.where(_scaled(scale), np.asarray(true, np.float64), np.nan)
    return mean_known(np.abs(_error(true, point)) / np.where(_scaled(scale), scale, 1.0), known, axis)


def smape(true: ArrayLike, point: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the symmetric mean absolute percentage error, in percent."""
    return mean_known(_percentage(true, point), true, axis)


def seasonal_scale(past: ArrayLike, season: int = 1) -> Numbers:
    """Return s of MASE from a training part: past [time, ...] -> [...].

    Pairs of which one value is NaN are left out; NaN where no pair is left. Raises InputError for a season below 1.
    """
    values = np.asarray(past, np.float64)
    if season < 1:
        raise InputError(f"season={season} cannot be used: it must be 1 (no season) or more.")
    steps = values[season:] - values[:-season]
    return mean_known(np.abs(steps), steps, 0)


class Forecasting:
    """MAE, MSE, RMSE and sMAPE over batches; MASE, pinball loss and CRPS where scales and quantiles are given."""

    higher: ClassVar = dict.fromkeys(("mae", "mse", "rmse", "smape", "mase", "pinball", "crps"), False)

    def __init__(self) -> None:
        self.totals: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def add(
        self,
        true: ArrayLike,
        point: ArrayLike,
        *,
        scale: ArrayLike | None = None,
        quantiles: ArrayLike | None = None,
        levels: ArrayLike | None = None,
    ) -> None:
        """Count a batch: true and point of one shape [...], scale that broadcasts to it, quantiles [..., levels]."""
        error, truth = _error(true, point), np.asarray(true, np.float64)
        found: dict[str, Any] = {"mae": np.abs(error), "mse": error**2, "smape": _percentage(true, point)}
        if scale is not None:
            found["mase"] = np.where(_scaled(scale), np.abs(error) / np.where(_scaled(scale), scale, 1.0), np.nan)
        if quantiles is not None and levels is not None:
            single = np.asarray(truth)[..., None]  # an axis to average over that holds one value
            spread = np.asarray(quantiles, np.float64)[..., None, :]
            found["pinball"] = pinball(single, spread, levels, -1)
            found["crps"] = crps_quantiles(single, spread, levels, -1)
        for name, values in found.items():
            known = ~np.isnan(truth) & ~(np.isnan(values) if name == "mase" else np.zeros(truth.shape, bool))
            self.totals[name] = self.totals.get(name, 0.0) + float(np.where(known, values, 0.0).sum())
            self.counts[name] = self.counts.get(name, 0) + int(known.sum())

    def result(self) -> dict[str, float]:
        """Return the values that have something behind them. Raises InputError where no true value was seen."""
        if not self.counts.get("mae"):
            raise InputError("there is nothing to measure: no value that was to be forecast is known.")
        found = {name: self.totals[name] / count for name, count in self.counts.items() if count}
        return {**found, "rmse": float(np.sqrt(found["mse"]))}


def _error(true: ArrayLike, point: ArrayLike) -> Numbers:
    truth, told = np.asarray(true, np.float64), np.asarray(point, np.float64)
    if truth.shape != told.shape:
        raise ValueError(f"forecasts {told.shape} for values {truth.shape}")
    return np.asarray(truth - told)


def _percentage(true: ArrayLike, point: ArrayLike) -> Numbers:
    size = np.abs(np.asarray(true, np.float64)) + np.abs(np.asarray(point, np.float64))
    return np.asarray(200 * np.abs(_error(true, point)) / np.where(size == 0, 1.0, size))


def _scaled(scale: ArrayLike) -> NDArray[np.bool_]:
    return np.asarray(np.asarray(scale, np.float64) > 0)
