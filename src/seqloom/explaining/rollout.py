"""Rollout and entropy of attention.

Abnar & Zuidema 2020 (arXiv:2005.00928), section 3, with A = 0.5 W + 0.5 I, W the mean over heads:

    R_l = A_l R_{l-1}        R_0 = I        how much of each input the output of layer l holds, by attention alone

Residual connections count for one half, as in the paper; norms and feed-forward parts are left out. The paper has
encoders only. A decoder's row has two kinds of input, what it heard and what the encoder read, and its cross-attention
is one more such step (ours): R <- 0.5 R + 0.5 W_cross E, E the encoder's rollout.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]


def rollout(layers: Sequence[Floats]) -> Floats:
    """Return R [time, time] of self-attention layers, bottom first, each [heads, time, time]; its rows sum to 1."""
    found = np.eye(layers[0].shape[-1])
    for weights in layers:
        found = _step(weights) @ found
    return found


def rollout_decoder(
    own: Sequence[Floats], cross: Sequence[Floats | None], read: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return how much each step of a decoder holds of what it heard [target, target] and of what was read
    [target, source]; a row of the two sums to 1.

    own    self-attention of each layer, bottom first, [heads, target, target]
    cross  what the layer then reads, [heads, target, source], None where it reads nothing
    read   E, the rollout of the encoder [source, source]; None: each place holds itself alone
    """
    sources = next((one.shape[-1] for one in cross if one is not None), 0)
    heard, seen = np.eye(own[0].shape[-1]), np.zeros((own[0].shape[-1], sources))
    for weights, looks in zip(own, cross, strict=True):
        step = _step(weights)
        heard, seen = step @ heard, step @ seen
        if looks is not None:
            found = looks.mean(0, dtype=np.float64)
            heard, seen = 0.5 * heard, 0.5 * seen + 0.5 * (found if read is None else found @ read)
    return heard, seen


def entropy(weights: Tensor) -> Tensor:
    """Return - sum w ln w of each row, in nats: [..., rows, columns] -> [..., rows]; 0 ln 0 is 0."""
    found: Tensor = torch.special.entr(weights).sum(-1)
    return found


def shares(nats: Floats, seen: NDArray[np.int64]) -> Floats:
    """Return entropy [heads, rows] as a share of the most there can be, ln n of `seen` [rows] places.

    1 looks at all alike, 0 at one alone; NaN where a row has one place or none and no choice.
    """
    most = np.log(np.maximum(seen, 1).astype(np.float64))
    return np.where(most > 0, nats / np.where(most > 0, most, 1), np.nan)


def _step(weights: Floats) -> Floats:
    mean: Floats = weights.mean(0, dtype=np.float64)
    return 0.5 * mean + 0.5 * np.eye(len(mean))
