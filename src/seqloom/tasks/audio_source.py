"""Recordings as a source: one rate, one channel, frames of mel bands or cepstra by the levels of training; varied where
that is asked for. The time of a recording is its frames."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from seqloom.data.media import Item
from seqloom.data.resample import resample
from seqloom.data.sound import Recording, floats, read_sound, shape_of_sound
from seqloom.data.sound_augment import Augment
from seqloom.data.sound_features import Features, Frames
from seqloom.data.sound_scale import Levels
from seqloom.data.sound_stream import FeatureStream
from seqloom.spec import Spec
from seqloom.spec_media import AudioSpec
from seqloom.tasks.media_source import Made, MediaSource, Raw
from seqloom.tasks.task import Say


class AudioSource(MediaSource):
    """Recordings: raw ones are samples at one rate, made ones frames [frames, features]."""

    kind = "audio"

    def __init__(self, spec: Spec, levels: Levels) -> None:
        super().__init__(spec)
        audio = audio_of(spec)
        self.learnt = self.levels = levels
        self.features = features_of(audio)
        self._augment = augment_of(audio)
        self.varies = self._augment.varies
        about = json.dumps([self.features.about(), levels.digest], sort_keys=True)
        self.digest = hashlib.sha256(about.encode()).hexdigest()

    @classmethod
    def settle(cls, spec: Spec, item: Item) -> None:
        """Take the rate from a first recording, where it is left open. Raises InputError for features that cannot be
        made at this rate."""
        audio = audio_of(spec)
        found = _read(audio, item)
        if audio.rate is None:
            audio.rate = found.rate
        features_of(audio)

    @classmethod
    def raw(cls, spec: Spec, item: Item) -> Raw:
        """Read a recording at the rate of the spec: samples [samples], int16 as a file has them or float32."""
        audio = audio_of(spec)
        found = _read(audio, item)
        rate = audio.rate or found.rate
        return found.samples if found.rate == rate else resample(floats(found.samples), found.rate, rate)

    @classmethod
    def changed(cls, spec: Spec, item: Item) -> str | None:
        """Say of another rate, and of several channels, what is read instead."""
        audio = audio_of(spec)
        rate, channels = shape_of_sound(_rated(audio, item))
        said = []
        if audio.rate is not None and rate != audio.rate:
            missing = f", with nothing above {rate // 2} Hz" if rate < audio.rate else ""
            said.append(f"resampled from {rate} to {audio.rate} samples a second (audio.rate){missing}")
        if channels > 1:
            of = "the mean" if audio.channels == "mean" else "the first"
            said.append(f"read by {of} of their {channels} channels (audio.channels)")
        return " and ".join(said) or None

    @classmethod
    def length(cls, spec: Spec, raw: Raw) -> int:
        """Return how many frames a recording has."""
        return features_of(audio_of(spec)).count(len(raw))

    @classmethod
    def fit(cls, spec: Spec, raws: Iterable[Raw], say: Say) -> Self:
        """Learn means and deviations; say how much there is to hear and what is measured."""
        audio = audio_of(spec)
        features = features_of(audio)
        count = samples = 0

        def frames() -> Iterator[Frames]:
            nonlocal count, samples
            for raw in raws:
                count, samples = count + 1, samples + len(raw)
                yield features.read(raw)

        seen = frames()
        levels = Levels.train(audio.normalise, seen, features.size)
        for _ in seen:  # where nothing is learnt, nothing was read yet
            pass
        measured = f"{features.size} features ({audio.features}{', deltas' if audio.deltas else ''})"
        say(
            f"{count} different recordings of {_lasting(samples / features.rate)} in all, at {features.rate} samples a "
            f"second; {measured} every {1000 * audio.hop:g} ms, normalise={audio.normalise}."
        )
        return cls(spec, levels)

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Read the levels."""
        return cls(spec, Levels.load(folder))

    def save(self, folder: Path) -> None:
        """Write the levels."""
        self.levels.save(folder)

    def made(self, raw: Raw, rng: np.random.Generator | None) -> Made:
        """Measure a recording, varied where there is randomness: float32 [frames, features]."""
        if rng is None or not self.varies:
            return self.levels.normalise(self.features.read(raw))
        samples = self._augment.heard(floats(raw), rng)
        frames = self.levels.normalise(self.features.read(samples))
        return self._augment.masked(frames, rng, self.features.size // (self.features.deltas + 1))

    @property
    def dims(self) -> tuple[int, ...]:
        """Numbers of a frame."""
        return (self.features.size,)

    def stream(self) -> FeatureStream:
        """Return what makes the frames of a recording that comes in pieces. Raises InputError where it must be heard to
        its end first."""
        return FeatureStream(self.features, self.levels)


def audio_of(spec: Spec) -> AudioSpec:
    """Return the section `audio`, made if need be."""
    if spec.audio is None:
        spec.audio = AudioSpec()
    return spec.audio


def features_of(audio: AudioSpec) -> Features:
    """Return what is measured, once the rate is settled. Raises InputError for settings that cannot be."""
    assert audio.rate is not None
    return _features(
        audio.rate,
        audio.features,
        audio.window,
        audio.hop,
        audio.bands,
        audio.coefficients,
        audio.fmin,
        audio.fmax,
        audio.scale,
        audio.preemphasis,
        audio.deltas,
    )


_features = lru_cache(maxsize=8)(Features)
"""The same settings are the same object, whose filters are made once."""


def augment_of(audio: AudioSpec) -> Augment:
    """Return how training varies recordings."""
    return Augment(
        audio.band_masks,
        audio.band_width,
        audio.time_masks,
        audio.time_width,
        audio.time_share,
        audio.speed,
        audio.noise,
    )


def _read(audio: AudioSpec, item: Item) -> Recording:
    """Read a recording as the spec says."""
    return read_sound(_rated(audio, item), channels=audio.channels, silent=audio.silent, longest=audio.longest)


def _rated(audio: AudioSpec, item: Item) -> Item:
    """Give an array that does not say its rate that of the spec."""
    return replace(item, rate=audio.rate) if item.array is not None and item.rate is None else item


def _lasting(seconds: float) -> str:
    """Write a time: "40 s", "17 min", "2.5 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
