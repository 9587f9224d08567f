"""Reading back: how many steps back a state still tells what was read, by linear probes (Alain & Bengio 2016,
arXiv:1610.01644; of recurrent states Conneau et al. 2018, arXiv:1805.01070).

For each lag k a linear map is learned, in closed form (ridge regression), from the state after step t to what was read
at step t - k, and judged on rows that it was not learned on. What it tells must be more than could be known without the
state: the same probe is given labels in another order (shuffled), and what can be guessed from the token that was just
read is counted (guess), because in real rows neighbours tell of each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.explaining.by_length import draws, grouped, interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RIDGE = 1e-3
"""Weight of the penalty, for states of variance 1, a state."""
LEAST = 30
"""States to learn from, and to judge on, at least."""
SURE = 0.5
"""Per cent of bootstrap draws in which a lag may fail to be better and still count: many lags are tried."""
MOST = 4000
"""States of a lag at most."""


@dataclass(frozen=True)
class Lag:
    """What a probe reads `back` steps back, on `states` states that it was not learned on.

    state, guess, shuffled  the share of tokens that were told right; of numbers the share of their variance (R^2)
    low, high               the interval of `state` over rows
    more, more_low          how far `state` is above the better of the other two (of the step itself, which guesses
                            itself, above the shuffled one), and the low end of its interval
    """

    back: int
    states: int
    state: float
    low: float
    high: float
    guess: float
    shuffled: float
    more: float
    more_low: float


@dataclass(frozen=True, eq=False)
class Heard:
    """States and what was read, step by step: of `rows` [steps], in the order in which they were read.

    states  [steps, size]
    read    [steps] ids, or [steps, width] numbers
    """

    states: Floats
    read: Ints | Floats
    rows: Ints


def reading_back(heard: Heard, furthest: int, classes: int, seed: int = 0) -> list[Lag]:
    """Return what can be read 0, 1, ... `furthest` steps back, as far as there are states enough.

    classes  the most frequent tokens are told apart, so many at most; states with another are left out
    """
    found = []
    for back in range(furthest + 1):
        lag = _lag(heard, back, classes, seed)
        if lag is None:
            break
        found.append(lag)
    return found


def reach(lags: list[Lag]) -> int | None:
    """Return the largest lag that is read better than it would be without the state, before two in a row are not; None:
    not even the step itself. (One alone may fail where the step just read guesses the one before it as well.)"""
    far = None
    for place, lag in enumerate(lags):
        if lag.more_low > 0:
            far = lag.back
        elif place and lags[place - 1].more_low <= 0:
            break
    return far


def _lag(heard: Heard, back: int, classes: int, seed: int) -> Lag | None:
    draw = np.random.default_rng([seed, back])
    count = len(heard.rows)
    at = np.arange(back, count)
    at = at[heard.rows[at] == heard.rows[at - back]]
    names = np.unique(heard.rows)
    judged = set(draw.permutation(names)[: max(1, len(names) // 3)].tolist())
    at = np.sort(draw.permutation(at)[:MOST])
    if heard.read.ndim == 1 and len(at):
        values, often = np.unique(heard.read[at - back], return_counts=True)
        kept = values[np.argsort(-often, kind="stable")[:classes]]
        at = at[np.isin(heard.read[at - back], kept)]
    test = np.array([row in judged for row in heard.rows[at].tolist()], bool)
    learn, ask = at[~test], at[test]
    if len(learn) < LEAST or len(ask) < LEAST:
        return None
    wanted, now = heard.read[learn - back], heard.read[learn]
    truth, other = heard.read[ask - back], draw.permutation(len(learn))
    if heard.read.ndim == 1:
        state = _classified(heard.states[learn], wanted, heard.states[ask]) == truth
        shuffled = _classified(heard.states[learn], wanted[other], heard.states[ask]) == truth
        guess = _guessed(now, wanted, heard.read[ask]) == truth
    else:
        state = _explained(_ridge(heard.states[learn], wanted, heard.states[ask]), truth)
        shuffled = _explained(_ridge(heard.states[learn], wanted[other], heard.states[ask]), truth)
        guess = _explained(_ridge(now, wanted, heard.read[ask]), truth)
    rows = heard.rows[ask]
    better = guess if back and guess.mean() >= shuffled.mean() else shuffled  # the step itself guesses itself
    low, high = interval(*grouped(state.astype(np.float64), rows))
    more = state.astype(np.float64) - better
    more_low = float(np.percentile(draws(*grouped(more, rows)), SURE))
    means = [float(one.mean()) for one in (state, guess, shuffled)]
    return Lag(back, len(ask), means[0], low, high, means[1], means[2], float(more.mean()), more_low)


def _ridge(x: Floats, y: Floats, asked: Floats) -> Floats:
    """Learn y [states, width] from x [states, size] and tell it of other states."""
    center, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 1e-8, spread, 1.0)
    x, asked = (x - center) / spread, (asked - center) / spread
    mean = y.mean(0)
    gram = x.T @ x + RIDGE * len(x) * np.eye(x.shape[1])
    told: Floats = asked @ np.linalg.solve(gram, x.T @ (y - mean)) + mean
    return told


def _classified(x: Floats, y: Ints, asked: Floats) -> Ints:
    """Tell the likeliest token: the largest of one regression a token (least squares classification)."""
    names, index = np.unique(y, return_inverse=True)
    told = _ridge(x, np.eye(len(names))[index], asked)
    chosen: Ints = names[told.argmax(1)]
    return chosen


def _guessed(now: Ints, y: Ints, asked: Ints) -> Ints:
    """Tell what most often went with the token that was just read; of one that was not seen, the most frequent."""
    names, index = np.unique(y, return_inverse=True)
    seen, place = np.unique(now, return_inverse=True)
    table = np.zeros((len(seen), len(names)), np.int64)
    np.add.at(table, (place, index), 1)
    usual = int(table.sum(0).argmax())
    best = table.argmax(1)
    at = np.minimum(np.searchsorted(seen, asked), len(seen) - 1)
    guessed: Ints = names[np.where(seen[at] == asked, best[at], usual)]
    return guessed


def _explained(told: Floats, truth: Floats) -> Floats:
    """Return for each state 1 - its squared error over the mean variance: their mean is R^2."""
    variance = ((truth - truth.mean(0)) ** 2).sum(1).mean()
    errors: Floats = ((truth - told) ** 2).sum(1)
    return np.zeros_like(errors) if variance <= 1e-12 else 1 - errors / variance
