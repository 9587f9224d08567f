"""Pictures as a source: one size, one number of channels, pixels by the mean and deviation of training; varied where
that is asked for. The time of a picture is its height."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np

from seqloom.data.media import Item
from seqloom.data.picture import read_picture
from seqloom.data.pixel_scale import PixelScale
from seqloom.spec import Spec
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


class ImageSource(MediaSource):
    """Pictures [height, width, channels]: raw ones of 0 to 255 in their size, made ones scaled."""

    kind = "image"

    def __init__(self, spec: Spec, scale: PixelScale) -> None:
        super().__init__(spec)
        image = image_of(spec)
        self.learnt = self.scale = scale
        self._augment = augment_of(image)
        self.varies = bool(self._augment)
        self.digest = hashlib.sha256(f"{shape_of(image)} {image.fit} {scale.digest}".encode()).hexdigest()

    @classmethod
    def settle(cls, spec: Spec, item: Item) -> None:
        """Take size and channels from a first picture, where they are left open."""
        image = image_of(spec)
        settle_picture(image, read_picture(item, rules_of(image)))

    @classmethod
    def raw(cls, spec: Spec, item: Item) -> Raw:
        """Read a picture and bring it to its size: [height, width, channels], uint8 or, of 16 bits, float32."""
        return picture_of(image_of(spec), item)

    @classmethod
    def length(cls, spec: Spec, raw: Raw) -> int:
        """Return the height."""
        return len(raw)

    @classmethod
    def fit(cls, spec: Spec, raws: Iterable[Raw], say: Say) -> Self:
        """Learn mean and deviation; say what pictures are read as, and how many are of one value alone."""
        image = image_of(spec)
        count = blank = 0

        def watched() -> Iterable[Raw]:
            nonlocal count, blank
            for raw in raws:
                count, blank = count + 1, blank + bool((raw == raw[0, 0]).all())
                yield raw

        seen = watched()
        scale = PixelScale.train(seen, shape_of(image)[2], image.mean, image.deviation)
        for _ in seen:  # where mean and deviation are given, nothing was read yet
            pass
        say(f"{count} different pictures, read as {described(image)} (image.height, width, channels; fit={image.fit}).")
        if blank:
            say(f"{blank} of {count} pictures are of one colour all over.")
        return cls(spec, scale)

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Read mean and deviation."""
        return cls(spec, PixelScale.load(folder))

    def save(self, folder: Path) -> None:
        """Write mean and deviation."""
        self.scale.save(folder)

    def made(self, raw: Raw, rng: np.random.Generator | None) -> Made:
        """Scale a picture, varied where there is randomness: float32 [height, width, channels]."""
        if rng is not None and self.varies:
            raw = self._augment.apply(raw.astype(np.float32), rng)
        return self.scale.apply(raw)

    @property
    def dims(self) -> tuple[int, ...]:
        """Height, width and channels."""
        return shape_of(image_of(self.spec))
