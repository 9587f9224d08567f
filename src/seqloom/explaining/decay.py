"""Decay: how a norm falls or grows with the distance in time, as one slope, and the verdict that follows from it."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Fate = Literal["vanishing", "kept", "exploding"]
STEEP = 0.05
"""The slope of the log norm per step from which on it vanishes or explodes: 5 % a step, e times in 20 steps."""
LEFT = 0.01
"""What is left at the horizon."""


class Decay(NamedTuple):
    """How a norm goes with distance.

    slope    of its natural logarithm, per step; minus infinity where it is 0 from one step to the next
    factor   exp(slope): what one more step multiplies it by
    horizon  the distance in steps after which 1 % is left at that slope; None where it does not fall
    verdict  vanishing where the slope is below -0.05, exploding where it is above 0.05, else kept
    """

    slope: float
    factor: float
    horizon: float | None
    verdict: Fate


def decay(
    norms: Sequence[float] | NDArray[np.float64], distances: Sequence[float] | NDArray[np.float64] | None = None
) -> Decay:
    """Fit a line to the logarithm of norms at distances 1, 2, 3 ... steps (or at `distances`) by least squares.

    The fit takes the norms up to the first that is 0 or not finite: what is 0 after a finite slope has fallen below
    the smallest number, or every unit is dead. Where the norms before it did not fall by themselves, nothing at all is
    left at that step, and the slope is minus infinity; likewise plus infinity for what is infinite or not a number.
    Raises ValueError for fewer than two norms.
    """
    found = np.asarray(norms, np.float64)
    steps = np.arange(1, len(found) + 1, dtype=np.float64) if distances is None else np.asarray(distances, np.float64)
    if len(found) < 2 or len(found) != len(steps):
        raise ValueError(f"no slope of {len(found)} norms at {len(steps)} distances")
    usable = np.isfinite(found) & (found > 0)
    first = len(found) if usable.all() else int(np.argmin(usable))
    slope = _slope(steps[:first], np.log(found[:first])) if first > 1 else 0.0
    if first < len(found):
        if found[first] == 0 and slope >= -STEEP:
            return Decay(-math.inf, 0.0, float(steps[first]), "vanishing")
        if found[first] != 0 and slope <= STEEP:
            return Decay(math.inf, math.inf, None, "exploding")
    verdict: Fate = "vanishing" if slope < -STEEP else "exploding" if slope > STEEP else "kept"
    horizon = math.log(LEFT) / slope if slope < 0 else None
    return Decay(slope, math.exp(min(slope, 700.0)), horizon, verdict)


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    away = x - x.mean()
    return float(away @ (y - y.mean()) / (away @ away))
