"""Attributing: how much each input of a score has to do with it, by three methods, as pure functions of tensors.

    gradient x input       a = x ds/dx                                                    (Shrikumar et al. 2016,
                                                                                           arXiv:1605.01713)
    integrated gradients   a = (x - x') integral of ds/dx at x' + t (x - x'), t = 0 .. 1  (Sundararajan et al. 2017,
                                                                                           arXiv:1703.01365, eq. 1)
    occlusion              a = s(x) - s(x with a part of it put back to x')               (Zeiler & Fergus 2014,
                                                                                           arXiv:1311.2901, section 4.2)

x' is a baseline: an input that says nothing. Integrated gradients are complete: they add up to s(x) - s(x'). The
integral is a sum over Gauss-Legendre points, more of them where the score bends (a layer norm turns within a small part
of the way from zero). One pass after the other, so that memory does not grow with their number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Inputs = Mapping[str, Tensor]
Score = Callable[[Inputs], Tensor]
"""From inputs by name to a number, a tensor without axes; autograd can go back through it."""
RULE = 8
"""Points of one stretch of the way of integrated gradients."""
TOLERANCE = 0.01
"""What may be missing of a complete sum, as a share of the attributions added up without their signs."""


@dataclass(frozen=True, eq=False)
class Integrated:
    """Integrated gradients, and how complete they are.

    attributions  by input, in its shape
    difference    s(x) - s(x'), which they ought to add up to (Sundararajan et al. 2017, proposition 1)
    error         their sum less the difference
    tolerance     what the error may be at most for them to count as complete
    points        how many gradients were taken
    """

    attributions: dict[str, Tensor]
    difference: float
    error: float
    tolerance: float
    points: int

    @property
    def complete(self) -> bool:
        """Whether nothing that matters is missing."""
        return abs(self.error) <= self.tolerance


@dataclass(frozen=True, eq=False)
class _Stretch:
    """The way from `start` to `end`, where the score is `low` and `high`, and what was found on it."""

    start: float
    end: float
    low: float
    high: float
    total: dict[str, Tensor]

    @property
    def error(self) -> float:
        return sum(float(value.sum()) for value in self.total.values()) - (self.high - self.low)


def gradient_times_input(score: Score, inputs: Inputs) -> dict[str, Tensor]:
    """Return x ds/dx of every input, in its shape; zeros where the score does not depend on it."""
    slopes = _slopes(score, inputs)
    return {name: inputs[name].detach() * slopes[name] for name in inputs}


def integrated_gradients(score: Score, inputs: Inputs, baselines: Inputs, points: int = 256) -> Integrated:
    """Return integrated gradients of every input; all inputs go from their baselines at once.

    Each of the points, `points` at most (but `RULE` at least), is a pass forwards and back. A stretch of the way from a
    to b ought to add up to s(b) - s(a), so that it is known where more points are needed: the stretch that is furthest
    from it is halved until all that is missing somewhere is within `TOLERANCE`. Sums are in float64.
    """
    way = {name: inputs[name].detach() - baselines[name] for name in inputs}

    def at(place: float) -> dict[str, Tensor]:
        return {name: baselines[name] + place * way[name] for name in way}

    def height(place: float) -> float:
        with torch.no_grad():
            return float(score(at(place)))

    def stretch(start: float, end: float, low: float, high: float) -> _Stretch:
        total = {name: torch.zeros_like(value, dtype=torch.float64) for name, value in way.items()}
        for place, weight in zip(*np.polynomial.legendre.leggauss(RULE), strict=True):
            slopes = _slopes(score, at(start + (end - start) * (float(place) + 1) / 2))
            for name, slope in slopes.items():
                total[name] += (end - start) * float(weight) / 2 * slope * way[name]
        return _Stretch(start, end, low, high, total)

    first = stretch(0.0, 1.0, height(0.0), height(1.0))
    stretches, used = [first], RULE
    while True:
        attributions = {name: torch.stack([one.total[name] for one in stretches]).sum(0) for name in way}
        size = sum(float(value.sum(-1).abs().sum()) for value in attributions.values())
        if sum(abs(one.error) for one in stretches) <= TOLERANCE * size or used + 2 * RULE > points:
            found = {name: value.to(inputs[name].dtype) for name, value in attributions.items()}
            error = sum(one.error for one in stretches)
            return Integrated(found, first.high - first.low, error, TOLERANCE * size, used)
        worst = max(stretches, key=lambda one: abs(one.error))
        middle = (worst.start + worst.end) / 2
        between = height(middle)
        stretches.remove(worst)
        stretches.append(stretch(worst.start, middle, worst.low, between))
        stretches.append(stretch(middle, worst.end, between, worst.high))
        used += 2 * RULE


def occluded(score: Score, inputs: Inputs, baselines: Inputs, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what the score loses when a part of an input is put back to its baseline, one part at a time.

    `parts` says of each input, in a shape that broadcasts to its own, which part each value belongs to, from 0 on. What
    a part is worth is shared evenly by its places, in the shape of `parts`.
    """
    found: dict[str, Tensor] = {}
    with torch.no_grad():
        whole = score(inputs)
        for name, part in parts.items():
            value, worth = inputs[name], torch.zeros(part.shape, dtype=torch.float64, device=part.device)
            for number in range(int(part.max()) + 1 if part.numel() else 0):
                here = part == number
                changed = torch.where(here, baselines[name], value)
                lost = whole - score({**inputs, name: changed})
                worth[here] = float(lost) / max(int(here.sum()), 1)
            found[name] = worth
    return found


def _slopes(score: Score, inputs: Inputs) -> dict[str, Tensor]:
    """Return ds/dx. A GPU's fused recurrent kernels have no way back in evaluation mode: plain ones are taken."""
    leaves = {name: value.detach().clone().requires_grad_() for name, value in inputs.items()}
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        told = score(leaves)
        found = torch.autograd.grad(told, list(leaves.values()), allow_unused=True) if told.requires_grad else ()
    given = dict(zip(leaves, found, strict=True)) if found else {}
    return {name: torch.zeros_like(leaf) if given.get(name) is None else given[name] for name, leaf in leaves.items()}
