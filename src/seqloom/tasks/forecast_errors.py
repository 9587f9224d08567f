"""Errors of forecasts by step of the horizon: what a backtest adds up for the model and for each naive forecast."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.metrics.intervals import crps_quantiles, pinball

LEVELS = (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975)
"""Quantiles that pinball loss and CRPS are taken over; the outer pairs are the intervals of 95 and 80 %."""
INTERVALS = {80: (1, 9), 95: (0, 10)}
"""By percent, the places of an interval's ends in LEVELS."""

Floats = NDArray[np.float64]


class Errors:
    """Sums over origins and channels of every error, by step of the horizon; a true value of NaN is not counted."""

    def __init__(self, horizon: int) -> None:
        self._horizon = horizon
        self._sums: dict[str, Floats] = {}
        self._counts: dict[str, Floats] = {}

    def add(self, true: Floats, point: Floats, scale: Floats, quantiles: Floats | None = None) -> None:
        """Count forecasts [batch, horizon, channels] of true values; `scale` broadcasts to them and is that of MASE,
        quantiles are [batch, horizon, channels, levels] at LEVELS."""
        error = np.abs(true - point)
        size = np.abs(true) + np.abs(point)
        self._put("mae", error)
        self._put("mse", error**2)
        self._put("smape", 200 * error / np.where(size == 0, 1.0, size))
        wide: Floats = np.broadcast_to(scale, np.shape(error))
        self._put("mase", error / np.where(wide > 0, wide, np.nan))
        if quantiles is None:
            return
        there = np.asarray(~np.isnan(quantiles).any(-1))
        truth = np.where(there, true, np.nan)
        told = np.where(there[..., None], np.sort(quantiles, -1), 0.0)
        self._put("pinball", pinball(truth[..., None], told[..., None, :], LEVELS, -1))
        self._put("crps", crps_quantiles(truth[..., None], told[..., None, :], LEVELS, -1))
        for percent, (low, high) in INTERVALS.items():
            inside = (truth >= told[..., low]) & (truth <= told[..., high])
            self._put(f"coverage{percent}", np.where(np.isnan(truth), np.nan, inside))
            self._put(f"width{percent}", np.where(np.isnan(truth), np.nan, told[..., high] - told[..., low]))

    def result(self) -> dict[str, float]:
        """Return each error over the whole horizon; those with nothing to count are left out."""
        found = {}
        for name, sums in self._sums.items():
            count = self._counts[name].sum()
            if count:
                found[name] = float(sums.sum() / count)
        return _rooted(found)

    def by_step(self) -> list[dict[str, float]]:
        """Return the errors of each step of the horizon, the next step first."""
        steps = []
        for step in range(self._horizon):
            counts = {name: count[step] for name, count in self._counts.items() if count[step]}
            steps.append(_rooted({name: float(self._sums[name][step] / count) for name, count in counts.items()}))
        return steps

    def _put(self, name: str, each: ArrayLike) -> None:
        values = np.asarray(each, np.float64)
        known = ~np.isnan(values)
        zero = np.zeros(self._horizon)
        self._sums[name] = self._sums.get(name, zero) + np.where(known, values, 0.0).sum((0, 2))
        self._counts[name] = self._counts.get(name, zero) + known.sum((0, 2))


def _rooted(values: dict[str, float]) -> dict[str, float]:
    if "mse" in values:
        values["rmse"] = values["mse"] ** 0.5
    order = ("mae", "rmse", "mse", "mase", "smape")
    return {name: values[name] for name in (*order, *[one for one in values if one not in order]) if name in values}


def verdict(rows: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> tuple[bool, str]:
    """Say in words whether the model beats the naive forecasts, by MASE where it can be told and by MAE otherwise.

    `rows` are the errors of each method, the model's under "model"; `names` are the naive ones.
    """
    measure = "mase" if all("mase" in rows[name] for name in ("model", *names)) else "mae"
    ours = rows["model"][measure]
    best = min(names, key=lambda name: rows[name][measure])
    theirs = rows[best][measure]
    shown = f"{measure.upper()} {ours:.4g} against {theirs:.4g}"
    if ours < theirs:
        return True, f"The model beats the best naive forecast ({best}): {shown}, {1 - ours / theirs:.1%} less."
    more = "as much" if ours == theirs or not theirs else f"{ours / theirs - 1:.1%} more"
    return False, (
        f"The model does NOT beat the {best} forecast, which costs nothing: {shown}, {more}. Use that one, or give the "
        "model more data, a longer look-back (series.look_back) or another architecture."
    )


def plain(rows: Mapping[str, Errors]) -> list[dict[str, Any]]:
    """Return a row of figures for each method."""
    return [{"forecast": name, **errors.result()} for name, errors in rows.items()]
