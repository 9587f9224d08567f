"""Patterns: what a reader of text may keep track of, step by step, and the units that go with it.

Karpathy et al. 2015 (arXiv:1506.02078) found by eye units that are on inside quotes, or count the letters of a line.
Here a unit follows a pattern as far as its value correlates with it, and chance is measured beside: the same pattern,
turned along the row by every number of steps, correlates with some unit too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST = 8
"""Steps from which on a correlation says anything."""
CHANCE = 0.95
"""Share of the turned patterns that chance is to cover."""
HELD = 2**22
"""Numbers that are turned at once."""


@dataclass(frozen=True)
class Follower:
    """A unit and how well it follows a pattern.

    unit    from 0
    r       Pearson's correlation over the steps of the row
    chance  what the best unit reaches for 95 % of the ways in which the pattern is turned along the row
    """

    unit: int
    r: float
    chance: float

    @property
    def beyond(self) -> bool:
        """Whether it is better than chance."""
        return abs(self.r) > self.chance


def patterns(pieces: Sequence[str], wanted: re.Pattern[str] | None = None) -> dict[str, Floats]:
    """Return patterns [steps] of a text that is read in pieces; those that stay the same at every step are left out.

    inside quotes        1 from an opening " (or the like) to the piece before the closing one
    letters in the line  since the last line end, in a text that has one
    after a space        1 where the last letter read is a space or a line end
    place in the row     the number of the step
    matches REGEX        1 where a piece has a letter of a match of `wanted`
    """
    text = "".join(pieces)
    ends = np.cumsum([len(piece) for piece in pieces])
    inside, line = _quoted(text), _in_line(text)
    last = [int(end) - 1 for end in ends]  # of an empty piece the one before it
    found: dict[str, list[float]] = {
        "inside quotes": [inside[at] if at >= 0 else 0 for at in last],
        "letters in the line": [line[at] if at >= 0 and "\n" in text else 0 for at in last],
        "after a space": [float(at >= 0 and text[at].isspace()) for at in last],
        "place in the row": [float(at) for at in range(len(pieces))],
    }
    if wanted is not None:
        hit = np.zeros(len(text) + 1)
        for match in wanted.finditer(text):
            hit[match.start() : match.end()] = 1
        starts = [0, *ends[:-1].tolist()]
        found[f"matches {wanted.pattern}"] = [
            float(hit[start:end].any()) for start, end in zip(starts, ends.tolist(), strict=True)
        ]
    arrays = {name: np.asarray(values, np.float64) for name, values in found.items()}
    return {name: array for name, array in arrays.items() if len(array) and array.min() < array.max()}


def followers(states: NDArray[np.floating], pattern: Floats, best: int) -> list[Follower]:
    """Return the units that follow a pattern most: states [steps, units], pattern [steps].

    All turns of the pattern are tried at once by a Fourier transform. Nothing for fewer steps than `LEAST`.
    """
    steps = len(pattern)
    if steps < LEAST:
        return []
    turned = np.fft.rfft(_standard(pattern[:, None]), axis=0)
    real, highest = np.zeros(states.shape[1]), np.zeros(steps)
    block = max(1, HELD // steps)
    for start in range(0, states.shape[1], block):
        spectrum = np.fft.rfft(_standard(states[:, start : start + block].astype(np.float64)), axis=0)
        r = np.fft.irfft(spectrum * turned.conj(), steps, axis=0) / steps  # [turn, units]
        real[start : start + block] = r[0]
        highest = np.maximum(highest, np.abs(r).max(1))
    chance = float(np.quantile(highest[1:], CHANCE))
    order = np.argsort(-np.abs(real), kind="stable")[:best]
    return [Follower(int(unit), float(real[unit]), chance) for unit in order]


def _standard(values: Floats) -> Floats:
    """Bring each column to mean 0 and variance 1; one that never changes is 0."""
    away = values - values.mean(0)
    spread = away.std(0)
    return np.where(spread > 1e-12, away / np.where(spread > 1e-12, spread, 1.0), 0.0)


def _quoted(text: str) -> list[float]:
    """Say of each letter whether the text is inside quotes once it is read."""
    found, depth = [], 0
    for letter in text:
        if letter == '"':
            depth = 0 if depth else 1
        elif letter in "“«「『":
            depth = 1
        elif letter in "”»」』":
            depth = 0
        found.append(float(depth))
    return found


def _in_line(text: str) -> list[float]:
    found, count = [], 0
    for letter in text:
        count = 0 if letter == "\n" else count + 1
        found.append(float(count))
    return found
