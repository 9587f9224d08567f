"""Alignment: at which steps the symbols of a text were told, by its likeliest path under CTC (Viterbi 1967).

The states are those of Graves et al. 2006, section 4.1: the symbols of the text with a blank before, between and after
them. A step stays, goes to the next state, or passes over a blank that parts unequal symbols.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import InputError

BLANK = 0


@dataclass(frozen=True)
class Told:
    """A symbol, the steps `start <= step < end` at which it was told, and the mean of its ln p there."""

    symbol: int
    start: int
    end: int
    logprob: float


def align(logprobs: ArrayLike, classes: Sequence[int]) -> list[Told]:
    """Return where each symbol of a text was told, by steps [steps, 1 + symbols] of ln p.

    Raises InputError for a text that needs more steps than there are.
    """
    steps = np.asarray(logprobs, np.float64)
    if not classes:
        return []
    states = np.full(2 * len(classes) + 1, BLANK)
    states[1::2] = classes
    jumps = np.zeros(len(states), bool)
    jumps[3::2] = states[3::2] != states[1:-2:2]
    course = _course(steps[:, states], jumps)
    if course is None:
        need = len(classes) + int((~jumps[3::2]).sum())
        raise InputError(
            f"a text of {len(classes)} symbols needs {need} steps, and there are {len(steps)}: it cannot be aligned."
        )
    told = []
    for place, symbol in enumerate(classes):
        at = np.flatnonzero(course == 2 * place + 1)
        start, end = int(at[0]), int(at[-1]) + 1
        told.append(Told(symbol, start, end, float(steps[start:end, symbol].mean())))
    return told


def _course(scores: NDArray[np.float64], jumps: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """Return the state of each step on the best way through scores [steps, states], None where there is none."""
    count, width = scores.shape
    if not count:
        return None
    reach = np.full(width, -np.inf)
    reach[:2] = scores[0, :2]
    back = np.zeros((count, width), np.int64)
    ways = np.full((3, width), -np.inf)
    for step in range(1, count):
        ways[0] = reach
        ways[1, 1:] = reach[:-1]
        ways[2, 2:] = np.where(jumps[2:], reach[:-2], -np.inf)
        back[step] = ways.argmax(0)
        reach = ways[back[step], np.arange(width)] + scores[step]
    state = width - 1 if reach[-1] > reach[-2] else width - 2
    if reach[state] == -np.inf:
        return None
    course = np.empty(count, np.int64)
    for step in range(count - 1, -1, -1):
        course[step] = state
        state -= int(back[step, state])
    return course
