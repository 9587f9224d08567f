"""Windows over series: what is read before an origin, and what is told after it.

Every track (a series with all its channels, or one channel of it) is laid once into flat arrays; a window is a place in
them, so that a batch is gathered and never parsed. Steps at and after an origin are told, those before it are read:

    read   source [look_back, channels, flags, covariates]     steps origin - look_back to origin - 1
    told   target [horizon, channels]                          steps origin to origin + horizon - 1
           known  [horizon, covariates]                        what is known of the steps to be told
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Track:
    """One row's worth of a series, standardised.

    values  [time, channels] to be read; NaN where nothing was measured and nothing filled in
    truth   [time, channels] to be told; NaN where nothing was measured
    past    [time, covariates]
    known   [time + future, covariates]
    """

    values: Array
    truth: Array
    past: Array
    known: Array


class Gathered(NamedTuple):
    """A batch of windows.

    source  [batch, look_back, features], zeros after the end of one that begins before its series does
    mask    [batch, look_back], True where there is data
    known   [batch, horizon, covariates], or [batch, look_back, horizon, covariates] where every step read tells
    target  [batch, horizon, channels], or [batch, look_back, horizon, channels] where every step read is told from
    fed     [batch, horizon, channels + covariates] what a decoder hears: the value before, and what is known
    """

    source: Array
    mask: NDArray[np.bool_]
    known: Array
    target: Array
    fed: Array


class Windows:
    """Windows of tracks; a key is (track, origin), with `origin` steps before it."""

    def __init__(self, tracks: Sequence[Track], look_back: int, horizon: int, flags: bool) -> None:
        """`flags` adds one feature a channel that says whether it was measured."""
        self.look_back, self.horizon = look_back, horizon
        self.channels = tracks[0].values.shape[1]
        self.covariates = tracks[0].known.shape[1]
        lengths = np.array([len(track.values) + horizon for track in tracks], np.int64)
        self.starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self.lengths = lengths - horizon
        total = int(lengths.sum())
        parts = self.channels * (1 + flags) + tracks[0].past.shape[1]
        self._source = np.zeros((total, parts + self.covariates), np.float32)
        self._truth = np.full((total, self.channels), np.nan, np.float32)
        for start, track in zip(self.starts, tracks, strict=True):
            time = len(track.values)
            rows = [np.nan_to_num(track.values)]
            rows += [(~np.isnan(track.values)).astype(np.float32)] if flags else []
            self._source[start : start + time, :parts] = np.concatenate([*rows, track.past], 1)
            whole = track.known[: time + horizon]
            self._source[start : start + len(whole), parts:] = whole
            self._truth[start : start + time] = track.truth
        self._known = self._source[:, parts:]
        self.size = self._source.shape[1]

    def gather(self, keys: Places, every_step: bool = False) -> Gathered:
        """Return the windows of keys [batch, 2]. `every_step` gives each step read the steps after it as its target."""
        first, origins = self.starts[keys[:, 0]], keys[:, 1]
        begin = np.maximum(origins - self.look_back, 0)
        steps = np.arange(self.look_back)
        mask = steps < (origins - begin)[:, None]  # [batch, look_back]
        places = np.minimum(begin[:, None] + steps, origins[:, None] - 1) + first[:, None]
        source = self._source[places]
        if not mask.all():
            source[~mask] = 0
        ahead = (first + origins)[:, None] + np.arange(self.horizon)  # [batch, horizon]
        before = self._source[ahead - 1][..., : self.channels]
        fed = np.concatenate([before, self._known[ahead]], -1)
        if not every_step:
            return Gathered(source, mask, self._known[ahead], self._truth[ahead], fed)
        told = places[:, :, None] + 1 + np.arange(self.horizon)  # [batch, look_back, horizon]
        known, target = self._known[told], self._truth[told]
        target[~mask] = np.nan
        return Gathered(source, mask, known, target, fed)


def origins(length: int, first: int, last: int, starts: NDArray[np.bool_], stride: int = 1) -> Places:
    """Return the origins from `first` to `last` where a forecast may start, every `stride`, the last among them."""
    every = np.arange(last, first - 1, -stride)[::-1] if last >= first else np.zeros(0, np.int64)
    every = every[(every > 0) & (every <= length)]
    return every[starts[every]]
