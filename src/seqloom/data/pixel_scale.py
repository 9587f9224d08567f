"""Pixels as a model reads them: value = (pixel / 255 - mean) / deviation, each channel by its own.

Mean and deviation are those of all pixels of the training pictures, or given (those of the pictures that somebody
else's weights were learnt from, say). A folder holds them as `pixels.json`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sealed import seal, unseal
from seqloom.errors import InputError

FORMAT = 1


class PixelScale:
    """Mean and deviation of each channel, of pixels of 0 to 1.

    digest  sha256 of the content: two with the same one read alike
    """

    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        """`train` and `load` make them."""
        self.mean, self.deviation = tuple(mean), tuple(deviation)
        self._mean = np.array(self.mean, np.float32) * np.float32(255)
        self._deviation = np.array(self.deviation, np.float32) * np.float32(255)
        self.digest = hashlib.sha256(json.dumps([FORMAT, self.mean, self.deviation]).encode()).hexdigest()

    @classmethod
    def train(
        cls,
        pictures: Iterable[NDArray[Any]],
        channels: int,
        mean: Sequence[float] | None = None,
        deviation: Sequence[float] | None = None,
    ) -> "PixelScale":
        """Learn from pictures [..., channels] of 0 to 255 what is not given; a given one may be one number for all.

        A channel that is the same everywhere has the deviation 1. Raises InputError where so many were not given.
        """
        fixed = [_each("mean", mean, channels), _each("deviation", deviation, channels)]
        if None not in fixed:
            return cls(*(one or [] for one in fixed))
        count, total, squares = 0, np.zeros(channels), np.zeros(channels)
        for picture in pictures:
            flat = picture.reshape(-1, channels).astype(np.float64) / 255
            count, total, squares = count + len(flat), total + flat.sum(0), squares + np.square(flat).sum(0)
        center = total / max(count, 1)
        spread = np.sqrt(np.maximum(squares / max(count, 1) - np.square(center), 0))
        spread = np.where(spread < 1e-4, 1.0, spread)  # rounding is no deviation: 1 / 255 in a thousandth of the pixels
        return cls(fixed[0] or center.tolist(), fixed[1] or spread.tolist())

    def apply(self, pictures: NDArray[Any]) -> NDArray[np.float32]:
        """Return pictures [..., channels] of 0 to 255 as a model reads them."""
        return (pictures.astype(np.float32) - self._mean) / self._deviation

    def save(self, folder: str | Path) -> None:
        """Write `pixels.json` into a folder, made if need be."""
        content = {"mean": self.mean, "deviation": self.deviation}
        seal(Path(folder) / "pixels.json", FORMAT, content, self.digest)

    @classmethod
    def load(cls, folder: str | Path) -> "PixelScale":
        """Read what `save` wrote. Raises CheckpointError where it is missing, damaged or of a later format."""
        return unseal(
            Path(folder) / "pixels.json",
            FORMAT,
            lambda about: cls(about["mean"], about["deviation"]),
            lambda made: made.digest,
        )


def _each(name: str, given: Sequence[float] | None, channels: int) -> list[float] | None:
    if given is None or len(given) == channels:
        return None if given is None else [float(one) for one in given]
    if len(given) != 1:
        raise InputError(
            f"image.{name} has {len(given)} numbers, and a picture {channels} channel(s): give 1 or so many."
        )
    return [float(given[0])] * channels
