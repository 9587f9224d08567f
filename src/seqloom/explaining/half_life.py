"""Half-lives: how long a gated unit remembers, from the gate that keeps the past.

What the unit holds is multiplied by f at every step (c' = f * c + ..., h' = z * h + ...), so that it halves in
ln 0.5 / ln f steps, and of what it held at step t the product of f from t + 1 to T is left at T: the highway. Shares
of saturated steps as Karpathy et al. 2015 (arXiv:1506.02078, section 4.2) count them.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LOW, HIGH = 0.1, 0.9
"""A gate below or above is saturated: left and right in the paper."""


def half_life(keep: NDArray[np.floating]) -> Floats:
    """Return the steps in which a memory halves under a gate in [0, 1]: 0 at 0, infinite at 1."""
    return _steps(_logs(keep))


def unit_half_life(keep: NDArray[np.floating]) -> Floats:
    """Return each unit's half-life at its mean pace, [time, units] -> [units]: ln 0.5 / mean of ln f over the steps.

    So the product of f over the row is 0.5 ** (steps / half-life), whatever single steps did.
    """
    return _steps(_logs(keep).mean(0))


def highway(keep: NDArray[np.floating]) -> Floats:
    """Return what is left at the last step of what each unit held after step t: [time, units], in reading order.

    It is the product of f from t + 1 to T, 1 at T itself.
    """
    logs = _logs(keep)
    later = np.concatenate([logs[1:], np.zeros_like(logs[:1])])
    return np.exp(np.cumsum(later[::-1], 0)[::-1])


def saturated(gate: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Return the shares of steps at which a unit's gate is below 0.1 and above 0.9: [time, units] -> [units] each."""
    return (gate < LOW).mean(0, dtype=np.float64), (gate > HIGH).mean(0, dtype=np.float64)


def _logs(keep: NDArray[np.floating]) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(keep.astype(np.float64))


def _steps(logs: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(0.5) / np.where(logs < 0, logs, -0.0)
