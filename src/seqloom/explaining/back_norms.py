"""Back norms: what is left of a change of the State, some steps later, for a State of any width.

A State of up to `DENSE` numbers is followed whole, and the norm is exact. Of a wider one a few directions are followed,
chosen so that they hold what the last State depends on most; the norm over them is a lower bound of the true one, close
where few directions carry most of it, as they do after some steps.
"""

import math
from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from seqloom.explaining.jacobian import largest
from seqloom.explaining.recurrences import Recurrence

DENSE = 400
"""Numbers in a State up to which its Jacobian is worked out whole."""
ROWS = 32
"""Directions of a wider State that are followed back."""
LARGE = 709.0
"""The logarithm of the largest number, about: a norm beyond it is infinite."""
BLOCK, ROUNDS = 8, 8
"""Directions side by side, and rounds, of the power method for the largest singular value of a wider one."""


def back_norms(one: Recurrence, states: Mapping[int, Tensor], first: int, wanted: Collection[int]) -> list[float]:
    """Return the norm of dS_T / dS_t for wanted distances T - t up to T - first, by pulling rows back step by step.

    states are those before each step from `first` on. All rows of the identity are pulled where the State is small
    enough; else those of `directions`, and the norm is that over them. Rows are brought to a size of 1 at each step and
    the scale is kept beside, so that no distance under- or overflows on the way.
    """
    like = states[first]
    if one.width <= DENSE:
        rows = torch.eye(one.width, dtype=like.dtype, device=like.device)
    else:
        rows = directions(one, states, first)
    found, scale = [], 0.0
    for distance in range(1, len(one) - first + 1):
        step = len(one) - distance
        rows = one.pulled(step, states[step], rows)
        size = float(rows.abs().max())
        if size > 0 and math.isfinite(size):
            rows, scale = rows / size, scale + math.log(size)
        if distance in wanted:
            found.append(float(largest(rows)) * (math.exp(scale) if scale < LARGE else math.inf))
    return found


def directions(one: Recurrence, states: Mapping[int, Tensor], first: int) -> Tensor:
    """Return orthonormal rows [ROWS, state] among which are those that the State at T depends on most: half of them
    for the last step alone, half for all steps from `first` on.

    Random rows are pulled back and what comes out is pushed forwards again, one round of the block power method (Halko
    et al. 2011, arXiv:0909.4061, algorithm 4.4).
    """
    like, picks = states[first], []
    for start in (len(one) - 1, first):
        rows = _orthonormal(torch.randn(ROWS // 2, one.width, generator=torch.Generator().manual_seed(0))).to(like)
        for step in range(len(one) - 1, start - 1, -1):
            rows = _orthonormal(one.pulled(step, states[step], rows))
        for step in range(start, len(one)):
            rows = _orthonormal(one.pushed(step, states[step], rows))
        picks.append(rows)
    return _orthonormal(torch.cat(picks))


def top(one: Recurrence, step: int, state: Tensor) -> float:
    """Return the largest singular value of one step's Jacobian: of all of it, or of a wide one by the block power
    method, which comes from below."""
    if one.width <= DENSE:
        return float(largest(one.pulled(step, state, torch.eye(one.width, dtype=state.dtype, device=state.device))))
    rows, size = torch.randn(BLOCK, one.width, generator=torch.Generator().manual_seed(0)).to(state), 0.0
    for _ in range(ROUNDS):
        pushed = one.pushed(step, state, _orthonormal(rows))
        size = float(largest(pushed))
        rows = one.pulled(step, state, pushed)
    return size


def _orthonormal(rows: Tensor) -> Tensor:
    return torch.linalg.qr(rows.double().T)[0].T.to(rows.dtype)
