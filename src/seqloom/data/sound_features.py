"""Features of sound: frames of samples to log-mel bands or cepstra (MFCC: Davis & Mermelstein 1980).

    s'[n] = s[n] - preemphasis * s[n - 1]                 s[-1] = 0
    power[t, k] = |sum over n of hann[n] s'[t hop + n] e^(-2 pi i k n / fft)|^2
    mel[t, b] = ln max(sum over k of weight[b, k] power[t, k], 1e-10)
    mfcc[t] = the first cosines of mel[t]

A frame begins every hop and none before the first sample, so frame t reads nothing after t hop + window: what is heard
later changes nothing (`sound_stream.py` gives the same, piece by piece). The last frame is filled with zeros, so that
every sample is in one. Deltas are the slope over two frames to either side (The HTK Book 3.4, equation 5.16), the first
and the last frame repeated beyond the ends; they look two frames ahead, twice so those of second order.
"""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data import mel
from seqloom.data.sound import floats
from seqloom.errors import InputError

Frames = NDArray[np.float32]
FLOOR = 1e-10
"""The least energy of a band, as in librosa and Whisper."""
REACH = 2
"""Frames to either side that a delta is made of."""


@dataclass(frozen=True)
class Features:
    """What is measured of each frame.

    rate          samples a second
    kind          mel: logarithms of bands; mfcc: cepstra of them
    window, hop   seconds of a frame, and from one to the next
    bands         of the mel scale, from fmin to fmax hertz (None: half the rate)
    coefficients  cepstra, where kind is mfcc
    preemphasis   how much of the sample before is taken off each
    deltas        0: none, 1: slopes beside the values, 2: slopes of the slopes too
    """

    rate: int
    kind: Literal["mel", "mfcc"] = "mel"
    window: float = 0.025
    hop: float = 0.01
    bands: int = 40
    coefficients: int = 13
    fmin: float = 20.0
    fmax: float | None = None
    scale: mel.Scale = "htk"
    preemphasis: float = 0.0
    deltas: int = 0

    def __post_init__(self) -> None:
        """Raise InputError for settings that cannot be."""
        if self.step < 1 or self.length < 2:
            raise InputError(f"audio.window={self.window} and audio.hop={self.hop} are too short at {self.rate} Hz.")
        if self.step > self.length:
            raise InputError(
                f"audio.hop={self.hop} is longer than audio.window={self.window}: samples between would not be read."
            )
        if not 0 <= self.fmin < self.high <= self.rate / 2:
            raise InputError(
                f"audio.fmin={self.fmin:g} and audio.fmax={self.high:g}: bands go from the one up to the other, which "
                f"is {self.rate / 2:g} Hz at most, half of audio.rate={self.rate}."
            )
        if self.kind == "mfcc" and self.coefficients > self.bands:
            raise InputError(f"audio.coefficients={self.coefficients} cannot be made of audio.bands={self.bands}.")
        mel.filters(self.rate, self.fft, self.bands, self.fmin, self.high, self.scale)

    @property
    def length(self) -> int:
        """Samples of a frame."""
        return round(self.window * self.rate)

    @property
    def step(self) -> int:
        """Samples from one frame to the next."""
        return round(self.hop * self.rate)

    @property
    def fft(self) -> int:
        """Points of the spectrum: the least power of 2 that holds a frame."""
        return 1 << (self.length - 1).bit_length()

    @property
    def high(self) -> float:
        """The upper end of the bands, in hertz."""
        return self.rate / 2 if self.fmax is None else self.fmax

    @property
    def size(self) -> int:
        """Numbers of each frame."""
        return (self.bands if self.kind == "mel" else self.coefficients) * (self.deltas + 1)

    @property
    def ahead(self) -> int:
        """Frames after a frame that its deltas are made of."""
        return REACH * self.deltas

    def count(self, samples: int) -> int:
        """Return how many frames so many samples give: one from every hop, as long as there is a sample unread."""
        return 1 + max(0, -(-(samples - self.length) // self.step)) if samples else 0

    def about(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)

    def read(self, samples: NDArray[Any]) -> Frames:
        """Return the frames of samples [samples]: [frames, size]."""
        plain = self.plain(self.emphasised(floats(samples), np.float32(0)))
        return self.slopes(plain)

    def emphasised(self, samples: NDArray[np.float32], before: np.float32) -> NDArray[np.float32]:
        """Take the share of the sample before off each; `before` is what comes before the first."""
        if not self.preemphasis or not len(samples):
            return samples
        earlier = np.concatenate([[before], samples[:-1]], dtype=np.float32)
        return samples - np.float32(self.preemphasis) * earlier

    def plain(self, samples: NDArray[np.float32]) -> Frames:
        """Return the frames of samples that are emphasised already, without deltas; the last is filled with zeros."""
        frames = self.count(len(samples))
        if not frames:
            return np.zeros((0, self.size // (self.deltas + 1)), np.float32)
        spare = self.fft - self.length  # torch centres the window among the points of the spectrum
        filled = np.zeros((frames - 1) * self.step + self.fft, np.float32)
        filled[spare // 2 : spare // 2 + len(samples)] = samples
        spectrum = torch.stft(
            torch.from_numpy(filled),
            self.fft,
            self.step,
            self.length,
            self._window,
            center=False,
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()  # [bins, frames]
        bands = (self._filters @ power).clamp(min=FLOOR).log()
        made = bands if self.kind == "mel" else self._cosines @ bands
        return np.ascontiguousarray(made.T.numpy())

    def slopes(self, plain: Frames) -> Frames:
        """Put the deltas beside the frames: [frames, values] -> [frames, size]."""
        parts = [plain]
        for _ in range(self.deltas):
            parts.append(slope(parts[-1]))
        return np.concatenate(parts, 1) if self.deltas else plain

    @cached_property
    def _window(self) -> Tensor:
        return torch.hann_window(self.length)

    @cached_property
    def _filters(self) -> Tensor:
        made = mel.filters(self.rate, self.fft, self.bands, self.fmin, self.high, self.scale)
        return torch.from_numpy(made.astype(np.float32))

    @cached_property
    def _cosines(self) -> Tensor:
        return torch.from_numpy(mel.cosines(self.coefficients, self.bands).astype(np.float32))


def slope(frames: Frames) -> Frames:
    """Return the delta of each frame: sum of d (f[t + d] - f[t - d]) over d = 1, 2, divided by 10."""
    if not len(frames):
        return frames
    padded = np.pad(frames, ((REACH, REACH), (0, 0)), mode="edge")
    time = len(frames)
    total = np.zeros_like(frames)
    for d in range(1, REACH + 1):
        total += d * (padded[REACH + d : REACH + d + time] - padded[REACH - d : REACH - d + time])
    return total / np.float32(2 * sum(d * d for d in range(1, REACH + 1)))
