"""Windows over a stream of ids, each with what comes next as its targets.

`Tracks` are for models that carry State: the stream is cut into parallel tracks, read side by side from their start
to their end (truncated BPTT, Williams & Peng 1990). `Sliding` is for models that start each window empty.

A window is known by where it starts in its track, a plain number; a negative start is a first window whose part
before the track is cut off. Every token but the stream's first is a target exactly once in an epoch; none is dropped.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.errors import InputError

Ids = NDArray[np.integer]
Starts = NDArray[np.int64]
Window = tuple[Tensor, Tensor, Tensor]


class Tracks:
    """A stream cut into parallel tracks, read in windows that follow each other.

    `rows` is how many tracks there are: what was asked for, but at most one a target. Track r has the targets
    r * n // rows to (r + 1) * n // rows of all n, so tracks differ in length by one at most.
    """

    def __init__(self, ids: Ids, rows: int, window: int) -> None:
        """`window` is the number of steps a gradient flows through. Raises InputError for fewer than two ids."""
        _check(ids, window)
        targets = len(ids) - 1
        self.rows = max(1, min(rows, targets))
        self.window = window
        self._ids = ids
        bounds = np.arange(self.rows + 1) * targets // self.rows
        self._starts, self._ends = bounds[:-1], bounds[1:]
        self.length = int((self._ends - self._starts).max())

    def order(self, epoch: int = 0, seed: int | None = None) -> Starts:
        """Return the starts of an epoch's windows, in time order: State flows from each to the next.

        With a seed the first window is shorter, by up to half, by a function of (seed, epoch): the same text is then
        cut at other places in every epoch. Without one, as in evaluation, windows are cut at their multiples.
        """
        shift = 0 if seed is None else int(_generator(seed, epoch).integers(0, (self.window + 1) // 2))
        return np.arange(-shift, self.length, self.window, dtype=np.int64)

    def load(self, start: int) -> Window:
        """Return inputs, targets and mask, each [rows, time]; targets are the inputs one step later.

        The mask is a prefix of each row: tracks that end one step earlier are padded (PAD, False).
        """
        first, last = max(0, int(start)), min(int(start) + self.window, self.length)
        places = self._starts[:, None] + np.arange(first, last)  # [rows, time]
        return _take(self._ids, places, places < self._ends[:, None])


class Sliding:
    """A stream cut into windows that each start empty, every `stride` tokens.

    A window counts only its last `stride` targets, those that no window before it has, so each is scored once and
    with at least `window - stride` tokens of context; the first window counts all of its own.
    """

    def __init__(self, ids: Ids, window: int, stride: int | None = None) -> None:
        """`stride` defaults to the window: no overlap, as in training. Raises InputError for one longer than that."""
        _check(ids, window)
        self.window = window
        self.stride = window if stride is None else stride
        if not 1 <= self.stride <= window:
            raise InputError(f"a stride of {stride} does not fit windows of {window}: give one from 1 to {window}.")
        self._ids = ids

    def order(self, epoch: int = 0, seed: int | None = None) -> Starts:
        """Return the starts of an epoch's windows: shuffled, and cut elsewhere, by (seed, epoch); else in order."""
        generator = None if seed is None else _generator(seed, epoch)
        shift = 0 if generator is None else int(generator.integers(0, self.stride))
        targets = len(self._ids) - 1
        windows = 1 + max(0, -(-(targets + shift - self.window) // self.stride))
        starts = np.arange(windows, dtype=np.int64) * self.stride - shift
        return starts if generator is None else generator.permutation(starts)

    def load(self, starts: int | Starts) -> Window:
        """Return inputs, targets and mask, each [windows, time], of one window or several.

        The mask says which targets count. It may leave out a beginning that is context only; padding is at the end.
        """
        begin = np.atleast_1d(np.asarray(starts, dtype=np.int64))[:, None]  # [windows, 1]
        first, end = np.maximum(begin, 0), np.minimum(begin + self.window, len(self._ids) - 1)
        places = first + np.arange((end - first).max())  # [windows, time]
        counted = np.where(begin > 0, begin + self.window - self.stride, 0)
        inputs, targets, data = _take(self._ids, places, places < end)
        return inputs, targets, data & torch.from_numpy(places >= counted)


def _take(ids: Ids, places: NDArray[np.int64], mask: NDArray[np.bool_]) -> Window:
    """Read the ids at `places` and those after them, PAD (0) where the mask is False."""
    safe = np.where(mask, places, 0)
    inputs = np.where(mask, ids[safe], 0).astype(np.int64)
    targets = np.where(mask, ids[safe + 1], 0).astype(np.int64)
    return torch.from_numpy(inputs), torch.from_numpy(targets), torch.from_numpy(mask)


def _check(ids: Ids, window: int) -> None:
    if len(ids) < 2:
        raise InputError(f"{len(ids)} tokens are too few: a language model needs two at least, one to predict another.")
    if window < 1:
        raise InputError(f"a window of {window} tokens cannot be: give 1 or more.")


def _generator(seed: int, epoch: int) -> np.random.Generator:
    return np.random.default_rng([seed, epoch])
