"""Features of sound that comes in pieces: the frames that the whole would give, each as soon as it is certain."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sound import floats
from seqloom.data.sound_features import Features, Frames
from seqloom.data.sound_scale import Levels
from seqloom.errors import InputError


class FeatureStream:
    """One recording while it is heard.

        stream = FeatureStream(features, levels)
        for samples in pieces:
            frames = stream.push(samples)    # [frames, size], of what is certain by now
        rest = stream.finish()

    All frames one after the other are `levels.normalise(features.read(all samples))`. A frame is certain when its last
    sample is there and, with deltas, `features.ahead` frames after it.
    """

    def __init__(self, features: Features, levels: Levels | None = None) -> None:
        """Raises InputError for levels that must know the whole recording."""
        if levels is not None and not levels.causal:
            raise InputError(
                f"audio.normalise={levels.kind} must hear a recording to its end, so its features cannot be streamed: "
                "train with -s audio.normalise=running or global."
            )
        self.features, self._levels = features, levels
        self._heard = None if levels is None else levels.heard()
        self._before = np.float32(0)
        self._rest = np.zeros(0, np.float32)  # from the first sample of the next frame on
        self._samples = self._framed = self._told = 0
        self._near = features.plain(self._rest)  # frames that deltas to come are made of, and those that wait for them
        self._finished = False

    def push(self, samples: NDArray[Any]) -> Frames:
        """Hear samples [samples] at the features' rate, int16 or floats from -1 to 1; return what is certain now.

        Raises InputError for what is no such array, for numbers that are not finite, and after the end.
        """
        if self._finished:
            raise InputError("this recording was finished: begin another FeatureStream for the next one.")
        if samples.ndim != 1 or not (samples.dtype == np.int16 or np.issubdtype(samples.dtype, np.floating)):
            raise InputError(
                f"an array {list(samples.shape)} of {samples.dtype} is no piece of sound: give [samples] of one "
                "channel, int16 or floats from -1 to 1."
            )
        plain = floats(samples)
        if not np.isfinite(plain).all():
            raise InputError("a piece of sound holds samples that are no finite numbers (NaN or infinite).")
        if not len(plain):
            return self._certain(self._near[:0])
        self._samples += len(plain)
        fresh = self.features.emphasised(plain, self._before)
        self._before = plain[-1]
        rest = np.concatenate([self._rest, fresh])
        length, step = self.features.length, self.features.step
        frames = (len(rest) - length) // step + 1 if len(rest) >= length else 0
        made = self.features.plain(rest[: (frames - 1) * step + length] if frames else rest[:0])
        self._rest = rest[frames * step :]
        self._framed += frames
        return self._certain(made)

    def finish(self) -> Frames:
        """Say that nothing comes any more; return the frames that waited for more."""
        last = self._near[:0]
        if not self._finished and self.features.count(self._samples) > self._framed:
            last = self.features.plain(self._rest)
            self._framed += 1
        self._finished = True
        return self._certain(last)

    def _certain(self, made: Frames) -> Frames:
        """Return the frames that no later one changes, with their deltas, normalised."""
        near = np.concatenate([self._near, made])
        start = self._framed - len(near)  # the number of the first frame of `near`
        end = self._framed if self._finished else max(self._told, self._framed - self.features.ahead)
        ready = self.features.slopes(near)[self._told - start : end - start]
        self._told = end
        self._near = near[max(0, end - self.features.ahead - start) :]
        return ready if self._levels is None else self._levels.normalise(ready, self._heard)
