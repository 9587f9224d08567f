"""Recordings made a little different in training: their speed, noise over them, and masks (SpecAugment).

Speed     a recording played faster or slower, its pitch with it (Ko et al. 2015, "Audio Augmentation for Speech
          Recognition", Interspeech), by a factor drawn evenly from 1 - speed to 1 + speed
Noise     white noise, at a ratio of signal to noise drawn evenly, in decibels, from `noise` to 30 above it
Masks     SpecAugment (Park et al. 2019, arXiv:1904.08779, section 2): of normalised features, some bands that lie
          beside one another and some frames that follow one another are put to 0, which is their mean. The paper's time
          warping, whose gain it finds small, is left out: `speed` does more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.data.resample import resample
from seqloom.data.sound_features import Frames

QUIETEST = 30.0
"""Decibels from the loudest noise to the least."""


@dataclass(frozen=True)
class Augment:
    """How recordings differ from epoch to epoch.

    band_masks   masks over bands, each of up to `band_width` (the paper's F)
    time_masks   masks over frames, each of up to `time_width` (T) and of `time_share` (p) of the recording
    speed        how far the speed may be from 1; 0: not at all
    noise        the least ratio of signal to noise in decibels; None: no noise
    """

    band_masks: int = 0
    band_width: int = 8
    time_masks: int = 0
    time_width: int = 20
    time_share: float = 0.2
    speed: float = 0.0
    noise: float | None = None

    @property
    def varies(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.band_masks or self.time_masks or self.speed) or self.noise is not None

    def heard(self, samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Return samples [samples] at another speed, with noise over them."""
        if self.speed:
            samples = resample(samples, rng.uniform(1 - self.speed, 1 + self.speed), 1.0)
        if self.noise is not None:
            ratio = rng.uniform(self.noise, self.noise + QUIETEST)
            power = float(np.square(samples, dtype=np.float64).mean())
            deviation = np.sqrt(power / 10 ** (ratio / 10))
            samples = samples + rng.standard_normal(len(samples), np.float32) * np.float32(deviation)
        return samples

    def masked(self, frames: Frames, rng: np.random.Generator, bands: int) -> Frames:
        """Return frames [frames, size] with masks over them; `bands` of the size are beside one another, and the same
        ones of values and of deltas are masked."""
        time, size = frames.shape
        made = frames.copy()
        by_band = made.reshape(time, size // bands, bands)
        for _ in range(self.band_masks):
            width = int(rng.integers(0, min(self.band_width, bands) + 1))
            first = int(rng.integers(0, bands - width + 1))
            by_band[:, :, first : first + width] = 0
        most = min(self.time_width, int(self.time_share * time))
        for _ in range(self.time_masks):
            width = int(rng.integers(0, most + 1))
            first = int(rng.integers(0, time - width + 1))
            made[first : first + width] = 0
        return made
