"""Penalties: from the log-probability of a hypothesis to the score that ranks it.

    score = ln p / penalty(length) + beta sum over places of ln min(coverage, 1)

    none       1
    gnmt       ((5 + length) / 6) ^ alpha      Wu et al. 2016 (arXiv:1609.08144), eq. 14
    average    length ^ alpha                  with alpha = 1 the mean ln p of a token

`length` counts every token that has a probability, the end among them. The coverage of a place of the source is the
attention it received over all steps; the penalty is 0 where each place got 1 or more.
"""

import torch
from torch import Tensor

from seqloom.decoding.settings import LengthPenalty

LEAST = 1e-9
"""A place that was never looked at counts as this much coverage, since ln 0 would rule a hypothesis out."""


def length_penalty(kind: LengthPenalty, alpha: float, length: Tensor) -> Tensor:
    """Return what ln p is divided by, for each of `length`; a hypothesis without tokens counts as one."""
    length = length.clamp(min=1).double()
    if kind == "gnmt":
        return ((5 + length) / 6) ** alpha
    return length**alpha if kind == "average" else torch.ones_like(length)


def coverage_penalty(beta: float, coverage: Tensor) -> Tensor:
    """Return the penalty, 0 or below, of coverage [rows, source]; padding holds 1."""
    return beta * coverage.double().clamp(LEAST, 1).log().sum(1)
