"""What each row is worth where numbers are told: a number of a row, or the steps that come after a window."""

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch
from seqloom.comparing.gathered import Gatherer, lengths_of, plain
from seqloom.comparing.measure import Floats, Items
from seqloom.heads.numbers import NumberHead
from seqloom.metrics.forecasting import seasonal_scale
from seqloom.metrics.intervals import crps_quantiles, pinball
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_batches import ForecastData
from seqloom.tasks.forecast_errors import LEVELS
from seqloom.tasks.forecast_rows import settled
from seqloom.tasks.forecast_telling import has_distribution, last, tell
from seqloom.tasks.regress import Regress
from seqloom.tasks.task import Say
from seqloom.training.run import Run


class NumberItems(Gatherer):
    """One number a row, in the data's units; moments are of standardised numbers, which no correlation sees."""

    usual = "mae"
    known = ("mae", "rmse", "r2", "pearson")

    def __init__(self, run: Run, say: Say) -> None:
        super().__init__(run, say)
        task = cast(Regress, run.task)
        self._head, self._scale = cast(NumberHead, run.model.heads["number"]), task.scale
        self._pictures = run.spec.source is not None and run.spec.source.tokens == "image"

    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch."""
        told = self._scale.back(self._head.point(outputs["number"]))
        true = self._scale.back(batch.target["number"].values)
        one = np.ones(len(true))
        if self.name == "mae":
            stats = np.stack([np.abs(told - true), one], -1)
        elif self.name == "rmse":
            stats = np.stack([(told - true) ** 2, one], -1)
        else:
            x, y = ((of - self._scale.mean) / self._scale.deviation for of in (told, true))
            stats = np.stack([one, x, y, x * x, y * y, x * y], -1)
        self.kept.put(
            batch.rows,
            stats,
            None if self._pictures else lengths_of(batch.inputs["source"]),
            rarity=self.rarity(batch),
        )

    def vocabulary(self) -> object:
        """Return the source's."""
        return cast(Regress, self.run.task).source.learnt


class ForecastItems(Gatherer):
    """Windows, each with all that is told of its horizon; classes are the series (and columns) where there are several.

    MASE where every series has a scale for it (its training part repeats itself no worse than by a step), else MAE.
    """

    usual = "mae"

    def __init__(self, run: Run, data: ForecastData, say: Say) -> None:
        super().__init__(run, say)
        assert isinstance(run.task, Forecasting)
        self._model, self._data, self._levels = run.model, data, has_distribution(run.model)
        laid, season = data.laid, settled(run.spec)[2]
        past = [
            one.series.truth[: part.train] for one, part in zip(laid.filled, laid.parts, strict=True)
        ]  # [time, channels] of each series
        scales = [np.asarray(seasonal_scale(one, season if len(one) > season else 1)) for one in past]
        self._scales = [lane.pick(scales[lane.series]) for lane in laid.lanes]
        scaled = [bool((scale > 0).all()) for scale in self._scales]
        self.usual = "mase" if all(scaled) else "mae"
        self.known = ("mae", "mse", "rmse", "smape", *(("mase",) if any(scaled) else ()))
        self.known += ("pinball", "crps") if self._levels else ()

    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch."""
        data, laid = self._data, self._data.laid
        tracks = data.keys[list(batch.rows), 0]
        lanes = [laid.lanes[track] for track in tracks]
        levels = LEVELS if self.name in ("pinball", "crps") else ()
        told = tell(self._model, batch, data.form, levels, numbers=batch.rows, outputs=outputs)
        target = next(iter(batch.target.values())).values
        center = np.stack([lane.scale.center for lane in lanes])[:, None]  # [batch, 1, channels]
        spread = np.stack([lane.scale.spread for lane in lanes])[:, None]
        true = plain(last(target, batch) if data.form == "aligned" else target) * spread + center
        point = plain(told.point) * spread + center
        quantiles = None
        if levels:
            quantiles = np.sort(plain(told.quantiles) * spread[..., None] + center[..., None], -1)
        each = self._each(true, point, np.stack([self._scales[track] for track in tracks])[:, None], quantiles)
        known = ~np.isnan(each)
        stats = np.stack([np.where(known, each, 0.0).sum((1, 2)), known.sum((1, 2))], -1)
        self.kept.put(batch.rows, stats, lengths_of(batch.inputs["source"]), tracks)

    def items(self) -> Items:
        """Return every window."""
        laid = self._data.laid
        names = []
        for lane in laid.lanes:
            column = "" if lane.channel is None else laid.found.chosen.values[lane.channel]
            names.append(" ".join(part for part in (laid.filled[lane.series].series.name, column) if part))
        return self.kept.items(self.name, names if len(set(names)) > 1 else ())

    def _each(self, true: Floats, point: Floats, scale: Floats, quantiles: Floats | None) -> Floats:
        """Return the error of each value [batch, horizon, channels], NaN where nothing is known."""
        error = np.abs(true - point)
        if self.name == "mae":
            return error
        if self.name in ("mse", "rmse"):
            return error**2
        if self.name == "smape":
            size = np.abs(true) + np.abs(point)
            return 200 * error / np.where(size == 0, 1.0, size)
        if self.name == "mase":
            return error / np.where(scale > 0, scale, np.nan)
        assert quantiles is not None
        there = np.asarray(~np.isnan(quantiles).any(-1))
        truth = np.where(there, true, np.nan)[..., None]
        spread = np.where(there[..., None], quantiles, 0.0)[..., None, :]
        score: Callable[..., NDArray[np.float64]] = pinball if self.name == "pinball" else crps_quantiles
        return score(truth, spread, LEVELS, -1)
