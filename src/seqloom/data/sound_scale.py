"""Levels: what the features of a recording are less of and divided by.

global     the mean and the deviation of each feature over all training frames
utterance  those of the recording itself, which must have been heard to its end
running    those of what was heard so far, and of START frames of training before it, so that frame t (from 1) gives

               center[t] = (START mean + sum of x[i], i <= t) / (START + t)
               spread[t]^2 = (START (deviation^2 + mean^2) + sum of x[i]^2, i <= t) / (START + t) - center[t]^2

none       0 and 1

A folder holds what was learnt as `levels.json`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sealed import seal, unseal
from seqloom.data.sound_features import Frames
from seqloom.errors import InputError

Normalise = Literal["global", "utterance", "running", "none"]
Floats = NDArray[np.float64]
FORMAT = 1
START = 100
"""Frames that training counts for where the mean is a running one: a second of 10 ms each."""
SAME = 1e-6
"""A feature that deviates less is taken for one that never changes."""


class Heard:
    """What a running mean remembers: frames so far and, by feature, the sums of what they are over the mean."""

    def __init__(self, size: int) -> None:
        self.count = 0
        self.sums, self.squares = np.zeros(size), np.zeros(size)


class Levels:
    """The means and deviations of features [size], and how they are used.

    digest  sha256 of the content
    """

    def __init__(self, kind: Normalise, mean: Sequence[float] | Floats, deviation: Sequence[float] | Floats) -> None:
        """`train` and `load` make them."""
        self.kind = kind
        self.mean, self.deviation = np.asarray(mean, np.float64), np.asarray(deviation, np.float64)
        self._spread = np.where(self.deviation > SAME, self.deviation, 1.0)
        about = json.dumps([FORMAT, kind, self.mean.tolist(), self.deviation.tolist()])
        self.digest = hashlib.sha256(about.encode()).hexdigest()

    @classmethod
    def train(cls, kind: Normalise, recordings: Iterable[Frames], size: int) -> "Levels":
        """Learn from the frames [frames, size] of the training recordings, one recording in memory at a time.

        Raises InputError where there is no frame at all.
        """
        if kind in ("none", "utterance"):
            return cls(kind, np.zeros(size), np.ones(size))
        count, mean, squares = 0, np.zeros(size), np.zeros(size)
        for frames in recordings:  # means and sums of squares of parts, joined (Chan, Golub & LeVeque 1979, eq. 2.1)
            if not len(frames):
                continue
            part = frames.astype(np.float64)
            theirs = part.mean(0)
            apart = theirs - mean
            total = count + len(part)
            squares += ((part - theirs) ** 2).sum(0) + apart**2 * count * len(part) / total
            mean += apart * len(part) / total
            count = total
        if not count:
            raise InputError("no recording has a frame to learn the mean of; is every row skipped?")
        return cls(kind, mean, np.sqrt(squares / count))

    @property
    def causal(self) -> bool:
        """Whether a frame needs nothing that is heard after it."""
        return self.kind != "utterance"

    def heard(self) -> Heard:
        """Return what is remembered before the first frame."""
        return Heard(len(self.mean))

    def normalise(self, frames: Frames, heard: Heard | None = None) -> Frames:
        """Return frames [frames, size] normalised: a whole recording, or what comes after what was `heard`, which is
        brought up to date."""
        if self.kind == "none" or not len(frames):
            return frames
        x = frames.astype(np.float64)
        if self.kind == "running":
            return self._running(x, self.heard() if heard is None else heard)
        if self.kind == "global":
            return ((x - self.mean) / self._spread).astype(np.float32)
        spread = x.std(0)
        return ((x - x.mean(0)) / np.where(spread > SAME, spread, 1.0)).astype(np.float32)

    def _running(self, x: Floats, heard: Heard) -> Frames:
        over = x - self.mean  # sums of small numbers keep their digits
        sums, squares = heard.sums + over.cumsum(0), heard.squares + (over**2).cumsum(0)
        counts = START + heard.count + np.arange(1, len(x) + 1)[:, None]
        center = sums / counts
        variance = (START * self._spread**2 + squares) / counts - center**2
        heard.count, heard.sums, heard.squares = heard.count + len(x), sums[-1], squares[-1]
        return ((over - center) / np.sqrt(variance)).astype(np.float32)

    def save(self, folder: str | Path) -> None:
        """Write `levels.json` into a folder, made if need be."""
        content = {"kind": self.kind, "mean": self.mean.tolist(), "deviation": self.deviation.tolist()}
        seal(Path(folder) / "levels.json", FORMAT, content, self.digest)

    @classmethod
    def load(cls, folder: str | Path) -> "Levels":
        """Read what `save` wrote. Raises CheckpointError where it is missing, damaged or of a later format."""
        return unseal(
            Path(folder) / "levels.json",
            FORMAT,
            lambda about: cls(about["kind"], about["mean"], about["deviation"]),
            lambda made: made.digest,
        )
