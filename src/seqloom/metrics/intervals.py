"""Scores of forecasts that are distributions: pinball loss, CRPS, and the coverage and width of intervals.

`true` [...] may hold NaN, which is left out; `axis` is what is averaged over, among the axes of `true`, all by
default. Units are those of the series; coverage is a share.

    pinball(y, q; a) = max(a (y - q), (a - 1) (y - q))             Koenker & Bassett 1978; its minimum is the a-quantile
    CRPS(F, y)       = integral of (F(x) - [x >= y])^2 over x      Gneiting & Raftery 2007, equation 20
                     = E |X - y| - 1/2 E |X - X'|                  the same, equation 21
"""

import math
from typing import cast

import numpy as np
import torch
from numpy.typing import ArrayLike

from seqloom.errors import InputError
from seqloom.metrics.known import Axis, Numbers, mean_known


def pinball(true: ArrayLike, quantiles: ArrayLike, levels: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the mean pinball loss over levels and `axis`: quantiles [..., levels], levels [levels] in (0, 1)."""
    return mean_known(_pinball(true, quantiles, _levels(levels)).mean(-1), true, axis)


def crps_normal(true: ArrayLike, mean: ArrayLike, spread: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the CRPS of normal distributions with standard deviations `spread`, in closed form.

    With z = (y - mean) / spread, spread (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)) (Gneiting & Raftery 2007, p. 367).
    A spread of 0 gives |y - mean|.
    """
    error, sigma = np.asarray(true, np.float64) - np.asarray(mean, np.float64), np.asarray(spread, np.float64)
    z = error / np.where(sigma > 0, sigma, 1.0)
    inner = z * _erf(z / math.sqrt(2)) + math.sqrt(2 / math.pi) * np.exp(-(z**2) / 2) - 1 / math.sqrt(math.pi)
    return mean_known(np.where(sigma > 0, sigma * inner, np.abs(error)), true, axis)


def crps_quantiles(true: ArrayLike, quantiles: ArrayLike, levels: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the CRPS of the distribution that quantiles [..., levels] stand for.

    Each stands for the levels that are nearer to its own than to another's, so this is the exact CRPS of masses at
    the quantiles, a sum of pinball losses (Laio & Tamea 2007). With levels (i - 1/2) / n it equals
    `crps_samples` of the quantiles; with nine deciles it is a little above, as all outside the last ones counts as
    they do. Quantiles that cross are sorted first.
    """
    at = _levels(levels)
    edges = np.concatenate([[0.0], (at[1:] + at[:-1]) / 2, [1.0]])
    middles, masses = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    return mean_known(2 * (_pinball(true, np.sort(quantiles, -1), middles) * masses).sum(-1), true, axis)


def crps_samples(true: ArrayLike, samples: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the CRPS of the distribution that gives each of samples [..., count] the same mass.

    It is that of the sample, not the unbiased estimate for the distribution behind it, which has count (count - 1)
    for count^2 in the second term.
    """
    drawn = np.sort(np.asarray(samples, np.float64), -1)
    count = drawn.shape[-1]
    near = np.abs(drawn - np.asarray(true, np.float64)[..., None]).mean(-1)
    ranks = 2 * np.arange(1, count + 1) - count - 1
    apart = (ranks * drawn).sum(-1) / count**2  # 1/2 the mean of |x_i - x_j| over all pairs
    return mean_known(near - apart, true, axis)


def interval_coverage(true: ArrayLike, low: ArrayLike, high: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the share of true values inside [low, high], both ends included."""
    truth = np.asarray(true, np.float64)
    inside = (truth >= np.asarray(low)) & (truth <= np.asarray(high))
    return mean_known(inside.astype(np.float64), true, axis)


def interval_width(true: ArrayLike, low: ArrayLike, high: ArrayLike, axis: Axis = None) -> Numbers:
    """Return the mean width of intervals, where the true value is known: what coverage was bought with."""
    return mean_known(np.asarray(high, np.float64) - np.asarray(low, np.float64), true, axis)


def _pinball(true: ArrayLike, quantiles: ArrayLike, levels: Numbers) -> Numbers:
    told = np.asarray(quantiles, np.float64)
    if told.shape[-1:] != levels.shape:
        raise ValueError(f"quantiles {told.shape} for {len(levels)} levels")
    error = np.asarray(true, np.float64)[..., None] - told
    return np.asarray(np.maximum(levels * error, (levels - 1) * error))


def _levels(levels: ArrayLike) -> Numbers:
    at = np.asarray(levels, np.float64)
    if at.ndim != 1 or not len(at) or at.min() <= 0 or at.max() >= 1 or (np.diff(at) <= 0).any():
        raise InputError(f"levels={at.tolist()} cannot be used: they must rise, above 0 and below 1, as 0.1, 0.5, 0.9.")
    return at


def _erf(x: Numbers) -> Numbers:
    return cast(Numbers, torch.erf(torch.from_numpy(np.array(x, np.float64))).numpy())
