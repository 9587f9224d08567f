"""What the section `image` of a spec says of a picture, or of every frame of a film: its size, channels, changes."""

from typing import Any

from numpy.typing import NDArray

from seqloom.data.augment import Augment
from seqloom.data.media import Item
from seqloom.data.picture import Picture, Rules, in_channels, is_gray, read_picture
from seqloom.data.resize import resize
from seqloom.errors import InputError
from seqloom.spec import Spec
from seqloom.spec_media import ImageSpec

SIDE = 64
"""Pixels a side at most where nobody says how many."""


def image_of(spec: Spec) -> ImageSpec:
    """Return the section `image`, made if need be."""
    if spec.image is None:
        spec.image = ImageSpec()
    return spec.image


def rules_of(image: ImageSpec) -> Rules:
    """Return what may be read."""
    return Rules(image.largest, image.alpha, image.frames, image.endings)


def settle_picture(image: ImageSpec, picture: NDArray[Any]) -> None:
    """Write into the section what it leaves open, as a first picture [..., height, width, 1 or 3] has it."""
    if image.channels == "auto":
        image.channels = "gray" if picture.shape[-1] == 1 else "rgb"
    if image.height is None and image.width is None:
        height, width = picture.shape[-3:-1]
        image.height, image.width = (height, width) if max(height, width) <= SIDE else (SIDE, SIDE)
    image.height, image.width = image.height or image.width, image.width or image.height


def shape_of(image: ImageSpec) -> tuple[int, int, int]:
    """Return height, width and channels of every picture, once they are settled."""
    assert image.height is not None and image.width is not None
    return image.height, image.width, 3 if image.channels == "rgb" else 1


def brought(image: ImageSpec, pictures: Picture, where: str) -> Picture:
    """Return pictures [..., height, width, 1 or 3] in the size and the channels of the section.

    Raises InputError, with the place, for colours where gray is expected.
    """
    height, width, channels = shape_of(image)
    if image.channels == "gray" and not is_gray(pictures):
        raise InputError(
            f"{where}: is in colour, and image.channels=gray (what the first picture is, unless it is set): read all "
            "in colour with -s image.channels=rgb, or colours as gray with -s image.channels=brightness."
        )
    gray = pictures[..., :1] if image.channels == "gray" else in_channels(pictures, channels)
    return resize(gray, height, width, image.fit)


def picture_of(image: ImageSpec, item: Item) -> Picture:
    """Read an item as the section says. Raises InputError, with the place, for one that cannot be read."""
    return brought(image, read_picture(item, rules_of(image)), item.where)


def augment_of(image: ImageSpec) -> Augment:
    """Return how training varies pictures."""
    return Augment(image.flip, image.shift, image.rotate, image.zoom, image.brightness, image.contrast, image.cutout)


def described(image: ImageSpec) -> str:
    """Say in a few words what every picture is read as."""
    height, width, channels = shape_of(image)
    return f"{height} x {width} pixels {'in colour' if channels == 3 else 'of gray'}"
