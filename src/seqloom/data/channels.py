"""Channels: series of numbers as a model reads them, standardised by what the training series were like.

    value = (number - mean) / deviation        each channel by its own mean and deviation, over all steps observed

Where training has missing values, a model reads a flag for each channel beside its value: 1 where it was observed, and
else 0 with the value 0, which is the mean. A folder holds what was learnt as `channels.json`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sealed import seal, unseal
from seqloom.errors import InputError

FORMAT = 1
Floats = NDArray[np.float64]
Read = NDArray[np.float32]


class Channels:
    """The names, means and deviations of channels, and whether training has missing values.

    digest  sha256 of the content: two with the same one read alike
    """

    kind = "series"

    def __init__(self, names: Sequence[str], mean: Sequence[float], deviation: Sequence[float], gaps: bool) -> None:
        """`train` and `load` make them."""
        self.names, self.gaps = tuple(names), gaps
        self.mean, self.deviation = tuple(mean), tuple(deviation)
        about = json.dumps([FORMAT, self.names, self.mean, self.deviation, gaps])
        self.digest = hashlib.sha256(about.encode()).hexdigest()

    @classmethod
    def train(cls, names: Sequence[str], series: Iterable[Floats], scale: bool = True) -> "Channels":
        """Learn from series [steps, channels], NaN where a value is missing; without `scale` numbers stay as they are.

        Raises InputError for a channel without any value, and for numbers so large that they have no mean.
        """
        steps = np.concatenate(list(series))
        there = ~np.isnan(steps)
        for name, known in zip(names, there.any(0), strict=True):
            if not known:
                raise InputError(f"channel '{name}' has no value in any training series. Leave it out.")
        gaps = not bool(there.all())
        if not scale:
            return cls(names, [0.0] * len(names), [1.0] * len(names), gaps)
        with np.errstate(over="ignore", invalid="ignore"):
            mean, deviation = np.nanmean(steps, 0), np.nanstd(steps, 0)
        if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
            raise InputError("the numbers of the series are too large to have a mean. Give them in a larger unit.")
        least = np.nanmin(steps, 0)
        same = least == np.nanmax(steps, 0)  # of which rounding would make a tiny deviation
        return cls(names, np.where(same, least, mean).tolist(), np.where(same, 0, deviation).tolist(), gaps)

    def __len__(self) -> int:
        """Return how many channels there are."""
        return len(self.names)

    @property
    def features(self) -> int:
        """Numbers that a model reads at each step: a value a channel and, where training has gaps, a flag each."""
        return len(self) * (2 if self.gaps else 1)

    def read(self, series: Floats) -> Read:
        """Return what a model reads of a series [steps, channels]: [steps, features].

        Raises ValueError for a number that is too far from what training has seen to be held.
        """
        scale = np.array([one or 1.0 for one in self.deviation])
        with np.errstate(over="ignore", invalid="ignore"):
            values = ((series - np.array(self.mean)) / scale).astype(np.float32)
        there = ~np.isnan(series)
        far = there & ~np.isfinite(values)
        if far.any():
            raise ValueError(f"{series[far][0]:g} is too far from what training has seen")
        values[~there] = 0
        return np.concatenate([values, there.astype(np.float32)], 1) if self.gaps else values

    def save(self, folder: str | Path) -> None:
        """Write `channels.json` into a folder, made if need be."""
        content = {"names": self.names, "mean": self.mean, "deviation": self.deviation, "gaps": self.gaps}
        seal(Path(folder) / "channels.json", FORMAT, content, self.digest)

    @classmethod
    def load(cls, folder: str | Path) -> "Channels":
        """Read what `save` wrote. Raises CheckpointError where it is missing, damaged or of a later format."""
        return unseal(
            Path(folder) / "channels.json",
            FORMAT,
            lambda about: cls(about["names"], about["mean"], about["deviation"], about["gaps"]),
            lambda made: made.digest,
        )
