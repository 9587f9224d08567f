"""Pictures varied in training: mirrored, moved, turned, enlarged, made lighter or darker, or with a square blanked.

Every change is drawn from the randomness of one row and one epoch, and is the same for all frames of a film. What is
moved in from outside is black, as padding is. Values are of 0 to 255 and stay there.
"""

from dataclasses import dataclass
from math import cos, radians, sin
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Flip = Literal["none", "horizontal", "vertical", "both"]
Frames = NDArray[np.float32]


@dataclass(frozen=True)
class Augment:
    """How far a picture may be changed; 0 and "none" leave it as it is.

    flip        mirrored by a coin: left to right, top to bottom, or each by a coin of its own
    shift       share of height and of width that it is moved by at most, each way
    rotate      degrees that it is turned by at most, each way
    zoom        share that it is enlarged or made smaller by at most: 0.2 is 1 / 1.2 to 1.2 times
    brightness  share of the range of values added or taken at most: 0.2 is 51 of 255
    contrast    share that differences from the picture's mean grow or shrink by at most: 0.2 is 1 / 1.2 to 1.2 times
    cutout      side of a blanked square, as a share of the shorter side (DeVries & Taylor 2017, arXiv:1708.04552); its
                middle is anywhere, so that parts of it may lie outside, as in the paper
    """

    flip: Flip = "none"
    shift: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    cutout: float = 0.0

    def __bool__(self) -> bool:
        """Tell whether anything is ever changed."""
        return self != Augment()

    def apply(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Return changed frames [..., height, width, channels]; all of them in one way."""
        if self.flip in ("horizontal", "both") and rng.random() < 0.5:
            frames = frames[..., ::-1, :]
        if self.flip in ("vertical", "both") and rng.random() < 0.5:
            frames = frames[..., ::-1, :, :]
        if self.rotate or self.zoom:
            frames = self._sampled(frames, rng)
        elif self.shift:
            frames = _moved(frames, *self._steps(frames, rng))
        if self.contrast:
            mean = frames.mean((-3, -2), keepdims=True)
            frames = (frames - mean) * np.float32(_factor(self.contrast, rng)) + mean
        if self.brightness:
            frames = frames + np.float32(255 * self.brightness * rng.uniform(-1, 1))
        if self.contrast or self.brightness:
            frames = frames.clip(0, 255)
        return _blanked(frames, self.cutout, rng) if self.cutout else frames

    def _steps(self, frames: Frames, rng: np.random.Generator) -> tuple[int, int]:
        """Draw whole pixels to move down and right by."""
        most = (int(self.shift * side) for side in frames.shape[-3:-1])
        down, right = (int(rng.integers(-side, side + 1)) for side in most)
        return down, right

    def _sampled(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Turn, enlarge and move about the middle, reading between pixels by bilinear weights."""
        height, width = frames.shape[-3:-1]
        angle, factor = radians(self.rotate * rng.uniform(-1, 1)), _factor(self.zoom, rng)
        down, right = self._steps(frames, rng) if self.shift else (0, 0)
        y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2 - down
        x = np.arange(width, dtype=np.float32) - (width - 1) / 2 - right
        from_y = (cos(angle) * y - sin(angle) * x) / factor + (height - 1) / 2  # where each new pixel lay
        from_x = (sin(angle) * y + cos(angle) * x) / factor + (width - 1) / 2
        framed = np.zeros((*frames.shape[:-3], height + 2, width + 2, frames.shape[-1]), np.float32)
        framed[..., 1:-1, 1:-1, :] = frames  # one pixel of black on each side
        from_y, from_x = (from_y + 1).clip(0, height + 1), (from_x + 1).clip(0, width + 1)
        top, left = np.minimum(from_y.astype(np.intp), height), np.minimum(from_x.astype(np.intp), width)
        below, beside = (from_y - top).astype(np.float32)[..., None], (from_x - left).astype(np.float32)[..., None]
        upper = framed[..., top, left, :] * (1 - beside) + framed[..., top, left + 1, :] * beside
        lower = framed[..., top + 1, left, :] * (1 - beside) + framed[..., top + 1, left + 1, :] * beside
        made: Frames = upper * (1 - below) + lower * below
        return made


def _factor(share: float, rng: np.random.Generator) -> float:
    """Draw a factor of 1 / (1 + share) to 1 + share, larger and smaller alike."""
    return float((1 + share) ** rng.uniform(-1, 1))


def _moved(frames: Frames, down: int, right: int) -> Frames:
    made = np.zeros_like(frames)
    height, width = frames.shape[-3:-1]
    to_y, from_y = slice(max(down, 0), height + min(down, 0)), slice(max(-down, 0), height - max(down, 0))
    to_x, from_x = slice(max(right, 0), width + min(right, 0)), slice(max(-right, 0), width - max(right, 0))
    made[..., to_y, to_x, :] = frames[..., from_y, from_x, :]
    return made


def _blanked(frames: Frames, share: float, rng: np.random.Generator) -> Frames:
    height, width = frames.shape[-3:-1]
    side = max(1, round(share * min(height, width)))
    top, left = int(rng.integers(height)) - side // 2, int(rng.integers(width)) - side // 2
    made = frames.copy()
    made[..., max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0), :] = 0
    return made
