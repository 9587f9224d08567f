"""Prefix beam search: the likeliest texts under CTC, each with the probability of all paths that read so.

Graves 2012 (Supervised Sequence Labelling, section 7.5); Hannun et al. 2014 (arXiv:1408.2873, algorithm 1). A prefix is
held with two sums over its paths, those that end in a blank and those that end in its last symbol, because a symbol
heard again makes a new one only after a blank:

    stays       b'(p)  = (b(p) + s(p)) y(blank)             s'(p) = s(p) y(last(p))
    grows by c  s'(pc) = (b(p) + s(p)) y(c), c != last(p)    s'(pc) = b(p) y(c), c = last(p)

A prefix that is reached in both ways has the sum. With room for all prefixes the sums are exact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import NumberError

BLANK = 0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prefix:
    """A text of classes, without blanks, and ln of the summed probability of the paths found that read so."""

    classes: tuple[int, ...]
    logprob: float


class PrefixBeam:
    """The `width` likeliest prefixes after the steps heard so far; what comes in pieces gives what the whole gives."""

    def __init__(self, width: int) -> None:
        self.width, self.steps = width, 0
        self._prefixes: list[tuple[int, ...]] = [()]
        self._blank = np.zeros(1)
        self._symbol = np.full(1, -np.inf)

    def push(self, logprobs: ArrayLike) -> None:
        """Hear steps [steps, 1 + symbols] of ln p. Raises NumberError for a NaN, and where nothing is possible."""
        for step in np.asarray(logprobs, np.float64):
            if np.isnan(step).any() or step.max() == -np.inf:
                raise NumberError(f"no symbol can be told at step {self.steps}: its scores are NaN or all -inf.")
            self._hear(step)
            self.steps += 1

    @property
    def classes(self) -> tuple[int, ...]:
        """The likeliest text so far."""
        return self.best(1)[0].classes

    def best(self, count: int = 1) -> list[Prefix]:
        """Return the likeliest texts, best first; among equals the lowest classes come first."""
        sums = np.logaddexp(self._blank, self._symbol)
        ranked = sorted(zip((-sums).tolist(), self._prefixes, strict=True))
        return [Prefix(prefix, -cost) for cost, prefix in ranked[:count]]

    def _hear(self, step: Floats) -> None:
        held = len(self._prefixes)
        rows = np.arange(held)
        last = np.array([prefix[-1] if prefix else BLANK for prefix in self._prefixes])
        whole = np.logaddexp(self._blank, self._symbol)
        blank = whole + step[BLANK]
        symbol = np.where(last == BLANK, -np.inf, self._symbol + step[last])
        grown = whole[:, None] + step  # [held, 1 + symbols]
        grown[rows, last] = self._blank + step[last]
        grown[:, BLANK] = -np.inf
        places = {prefix: place for place, prefix in enumerate(self._prefixes)}
        for place, prefix in enumerate(self._prefixes):
            parent = places.get(prefix[:-1]) if prefix else None
            if parent is not None:  # one prefix, reached by staying and by growing
                symbol[place] = np.logaddexp(symbol[place], grown[parent, last[place]])
                grown[parent, last[place]] = -np.inf
        sums = np.concatenate([np.logaddexp(blank, symbol), grown.ravel()])
        chosen = _highest(sums, self.width)
        stay, grow = chosen[chosen < held], chosen[chosen >= held] - held
        parents, symbols = grow // len(step), grow % len(step)
        before = self._prefixes
        self._prefixes = [before[place] for place in stay.tolist()]
        self._prefixes += [(*before[place], one) for place, one in zip(parents.tolist(), symbols.tolist(), strict=True)]
        self._blank = np.concatenate([blank[stay], np.full(len(grow), -np.inf)])
        self._symbol = np.concatenate([symbol[stay], grown.ravel()[grow]])


def prefix_beam(logprobs: ArrayLike, width: int, count: int = 1) -> list[Prefix]:
    """Return the `count` likeliest texts of steps [steps, 1 + symbols] of ln p, best first."""
    beam = PrefixBeam(width)
    beam.push(logprobs)
    return beam.best(count)


def _highest(values: Floats, count: int) -> NDArray[np.int64]:
    """Return the places of the highest values above -inf, in order of place; the first places among equals."""
    possible = np.flatnonzero(values > -np.inf)
    if len(possible) > count:
        border = np.partition(values[possible], -count)[-count]
        above = possible[values[possible] > border]
        equal = possible[values[possible] == border]
        possible = np.sort(np.concatenate([above, equal[: count - len(above)]]))
    return possible
