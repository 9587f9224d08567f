"""Batches of forecasts: windows of numbers to read, with the numbers to tell."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Batch, Field
from seqloom.data.series_windows import Places
from seqloom.tasks.forecast_rows import Laid

Numbers = NDArray[np.int64]
HEAD = "forecast"


def batch_of(laid: Laid, keys: Places, form: str, told: bool = True) -> Batch:
    """Return the windows of keys [batch, 2] as a batch; `told` False leaves the targets out."""
    windows = laid.windows
    found = windows.gather(keys, every_step=form == "aligned")
    mask = torch.from_numpy(found.mask)
    inputs = {"source": Field(torch.from_numpy(found.source), mask)}
    if windows.covariates and form != "sequence":
        inputs["known"] = Field(torch.from_numpy(found.known))
    if form == "sequence":
        inputs["target"] = Field(torch.from_numpy(found.fed), torch.ones(found.fed.shape[:2], dtype=torch.bool))
    target = {HEAD: Field(torch.from_numpy(found.target))} if told else {}
    return Batch(inputs, target, tuple(range(len(keys))), int(found.mask.sum()))


class ForecastData:
    """Windows in batches, shuffled for training and in their order otherwise."""

    carries = False

    def __init__(
        self, laid: Laid, keys: Places, form: str, batch_tokens: int, seed: int, training: bool, full: bool
    ) -> None:
        """`full` data is to evaluate on: with distributions, and the naive forecasts beside."""
        if full:  # the channels of one origin together, so that what is the same for them is made once
            series = np.array([lane.series for lane in laid.lanes])[keys[:, 0]]
            keys = keys[np.lexsort((keys[:, 0], keys[:, 1], series))]
        self.laid, self.keys, self.form, self.full = laid, keys, form, full
        self._seed, self._training = seed, training
        self._together = max(1, batch_tokens // laid.windows.look_back)

    def __len__(self) -> int:
        return len(self.keys)

    def order(self, epoch: int) -> Sequence[Numbers]:
        """Return the numbers of the keys of each batch, a function of (seed, epoch) alone."""
        order = np.arange(len(self.keys))
        if self._training:
            order = np.random.default_rng([self._seed, epoch]).permutation(len(order))
        return [order[start : start + self._together] for start in range(0, len(order), self._together)]

    def load(self, key: Numbers) -> Batch:
        """Gather the windows of one batch; `rows` are the numbers of their keys."""
        made = batch_of(self.laid, self.keys[key], self.form)
        return Batch(made.inputs, made.target, tuple(key.tolist()), made.tokens)
