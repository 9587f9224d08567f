"""Films as a source: some frames of each, every frame a picture of one size, pixels by the mean and deviation of
training; varied where that is asked for, all frames of a film in one way. The time of a film is its frames."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np

from seqloom.data.film import Sampling, read_film
from seqloom.data.media import Item
from seqloom.data.picture import read_picture
from seqloom.data.pixel_scale import PixelScale
from seqloom.spec import Spec
from seqloom.spec_media import VideoSpec
from seqloom.tasks.media_source import Made, MediaSource, Raw
from seqloom.tasks.pictures import (
    augment_of,
    described,
    image_of,
    picture_of,
    rules_of,
    settle_picture,
    shape_of,
)
from seqloom.tasks.task import Say


class VideoSource(MediaSource):
    """Films [frames, height, width, channels]: raw ones of 0 to 255, made ones scaled."""

    kind = "video"

    def __init__(self, spec: Spec, scale: PixelScale) -> None:
        super().__init__(spec)
        image, video = image_of(spec), video_of(spec)
        self.learnt = self.scale = scale
        self._augment = augment_of(image)
        self.varies = bool(self._augment)
        about = f"{shape_of(image)} {image.fit} {video.frames} {video.rate} {video.native} {scale.digest}"
        self.digest = hashlib.sha256(about.encode()).hexdigest()

    @classmethod
    def settle(cls, spec: Spec, item: Item) -> None:
        """Take size and channels from a frame of a first film, where they are left open."""
        image = image_of(spec)
        settle_picture(image, read_film(item, Sampling(frames=1), lambda frame: read_picture(frame, rules_of(image))))

    @classmethod
    def raw(cls, spec: Spec, item: Item) -> Raw:
        """Read the frames of a film, each brought to its size: [frames, height, width, channels], uint8 or float32."""
        image = image_of(spec)
        return read_film(item, sampling_of(video_of(spec)), lambda frame: picture_of(image, frame))

    @classmethod
    def length(cls, spec: Spec, raw: Raw) -> int:
        """Return the number of frames."""
        return len(raw)

    @classmethod
    def fit(cls, spec: Spec, raws: Iterable[Raw], say: Say) -> Self:
        """Learn mean and deviation; say what films are read as, how long they are, and how many stand still."""
        image, video = image_of(spec), video_of(spec)
        lengths: list[int] = []
        still = 0

        def watched() -> Iterable[Raw]:
            nonlocal still
            for raw in raws:
                lengths.append(len(raw))
                still += bool((raw == raw[:1]).all())
                yield raw

        seen = watched()
        scale = PixelScale.train(seen, shape_of(image)[2], image.mean, image.deviation)
        for _ in seen:  # where mean and deviation are given, nothing was read yet
            pass
        least, most = min(lengths), max(lengths)
        frames = f"{least}" if least == most else f"{least} to {most}"
        say(f"{len(lengths)} different films of {frames} frames, each frame read as {described(image)}.")
        short = 0 if video.frames is None else sum(length < video.frames for length in lengths)
        if short:
            say(f"{short} of {len(lengths)} films have fewer than {video.frames} frames, and all of them are read.")
        if still:
            say(f"{still} of {len(lengths)} films stand still: every frame is the same.")
        return cls(spec, scale)

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Read mean and deviation."""
        return cls(spec, PixelScale.load(folder))

    def save(self, folder: Path) -> None:
        """Write mean and deviation."""
        self.scale.save(folder)

    def made(self, raw: Raw, rng: np.random.Generator | None) -> Made:
        """Scale a film, varied where there is randomness: float32 [frames, height, width, channels]."""
        if rng is not None and self.varies:
            raw = self._augment.apply(raw.astype(np.float32), rng)
        return self.scale.apply(raw)

    @property
    def dims(self) -> tuple[int, ...]:
        """Height, width and channels of a frame."""
        return shape_of(image_of(self.spec))


def video_of(spec: Spec) -> VideoSpec:
    """Return the section `video`, made if need be."""
    if spec.video is None:
        spec.video = VideoSpec()
    return spec.video


def sampling_of(video: VideoSpec) -> Sampling:
    """Return which frames are read."""
    return Sampling(video.frames, video.rate, video.native, video.limit)
