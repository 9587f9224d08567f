"""Pictures from files, from bytes out of an archive, and from arrays, to [height, width, channels] of 0 to 255.

What a file is, its first bytes tell, and a name that says otherwise is an error. Formats that run programs (EPS), or
that nobody takes pictures in, are not tried. A picture is turned upright as its EXIF orientation says. Size is checked
before anything is decoded. What would lose something is refused unless a rule allows it: transparency, a second frame,
numbers without a known white. Sixteen bits of gray stay as fractions of 0 to 255; of sixteen bits of colour Pillow
gives the upper eight.
"""

import io
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.data.media import Item
from seqloom.errors import InputError

Picture = NDArray[Any]
"""[height, width, 1 or 3], uint8 of 0 to 255, or float32 in the same units."""
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
ENDINGS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".ppm": "PPM",
    ".pgm": "PPM",
}
LARGEST = 10_000
"""Pixels a side may have unless told otherwise: 100 million in all, 300 MB of colours."""
SIXTEEN = 257.0
"""65535 / 255: from sixteen bits to the units of eight."""


@dataclass(frozen=True)
class Rules:
    """What may be read.

    largest  pixels of a side, at most
    alpha    what lies behind a picture that can be seen through; refuse: only opaque ones are read
    frames   refuse: a file of several pictures is an error; first: the first is read. Of a camera's JPEG with a preview
             or a map of depths behind it (MPO), the picture is always the first
    endings  check: a JPEG named .png is an error; ignore: it is read
    """

    largest: int = LARGEST
    alpha: Literal["refuse", "white", "black"] = "refuse"
    frames: Literal["refuse", "first"] = "refuse"
    endings: Literal["check", "ignore"] = "check"


def read_picture(item: Item, rules: Rules | None = None) -> Picture:
    """Return the picture of an item, [height, width, 1] where its file says it is gray, else [height, width, 3].

    Raises InputError, with the item's place, for what is no picture, is cut, too large, or against the rules.
    """
    rules = rules or Rules()
    try:
        found = _of_array(item.array, rules) if item.array is not None else _decoded(item, rules)
    except Refused as why:
        raise InputError(f"{item.where}: {why}") from None
    return np.ascontiguousarray(found)


def in_channels(picture: Picture, channels: int) -> Picture:
    """Return a picture with 1 or 3 channels: gray three times, or the brightness of colours as ITU-R BT.601 weighs
    them. Works on [..., height, width, 1 or 3]."""
    have = picture.shape[-1]
    if have == channels:
        return picture
    if channels == 3:
        return np.repeat(picture, 3, -1)
    luma: Picture = picture @ np.array([[0.299], [0.587], [0.114]], np.float32)
    return luma if picture.dtype == np.float32 else (luma + 0.5).astype(np.uint8)


def is_gray(picture: Picture) -> bool:
    """Tell whether a picture has no colour: one channel, or three that are the same."""
    return picture.shape[-1] == 1 or bool((picture == picture[..., :1]).all())


class Refused(Exception):
    """Why a picture cannot be read; the place is put before it."""


def _decoded(item: Item, rules: Rules) -> Picture:
    """Decode a file or bytes with Pillow."""
    image_of, upright = _pillow()
    if item.file is not None and item.file.is_dir():
        raise Refused("is a folder, expected a picture.")
    source: Any = item.file if item.file is not None else io.BytesIO(item.data or b"")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata that is odd, and of sizes, which are checked here
        try:
            with image_of.open(source, formats=FORMATS) as image:
                _check(image, item, rules)
                image.load()
                return _numbers(upright(image), image.format, rules)
        except (Refused, MemoryError):
            raise
        except PermissionError:
            raise Refused(f"may not be read (permission denied). Check it with: ls -l {item.file}") from None
        except image_of.DecompressionBombError:
            raise Refused(_too_large("more than 170 million", rules)) from None
        except Exception as error:  # a plugin raises whatever its parsing meets: OSError, SyntaxError, struct.error ...
            raise Refused(_unreadable(_head(item), str(error))) from None


@cache
def _pillow() -> tuple[Any, Any]:
    """Return Pillow's Image and what turns a picture upright. Raises InputError where Pillow is missing."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise InputError("reading pictures needs Pillow: pip install 'seqloom[image]'.") from None
    return Image, ImageOps.exif_transpose


def _check(image: Any, item: Item, rules: Rules) -> None:
    """Raise Refused by what the header says, before decoding."""
    form = "JPEG" if image.format == "MPO" else image.format
    named = None if item.file is None else ENDINGS.get(item.file.suffix.lower())
    if rules.endings == "check" and named not in (None, form):
        raise Refused(
            f"is a {form} picture and named as {named}: name it as what it is, or read it all the same with "
            "-s image.endings=ignore."
        )
    width, height = image.size
    if max(width, height) > rules.largest:
        raise Refused(_too_large(f"{width} x {height}", rules))
    count = getattr(image, "n_frames", 1)
    if count > 1 and rules.frames == "refuse" and image.format != "MPO":
        raise Refused(
            f"holds {count} pictures, expected one: read the first with -s image.frames=first, or the file as a film."
        )


def _too_large(size: str, rules: Rules) -> str:
    return (
        f"{size} pixels; a side has at most {rules.largest}: make it smaller, or allow it with -s image.largest=PIXELS."
    )


def _numbers(image: Any, form: str, rules: Rules) -> Picture:
    """Turn an image of any of Pillow's modes, out of a file of a format, into an array."""
    mode = image.mode
    if mode in ("I;16", "I;16L", "I;16B", "I;16N") or (mode == "I" and form == "PPM"):
        return (np.asarray(image).astype(np.float32) / np.float32(SIXTEEN))[..., None]
    if mode in ("I", "F"):
        raise Refused("has pixels of 32 bits, of which nobody knows what is white: save it with 8 or 16 bits.")
    if mode == "1":
        return np.asarray(image.convert("L"))[..., None]
    if mode == "L" and "transparency" not in image.info:
        return np.asarray(image)[..., None]
    if image.has_transparency_data:
        gray = mode in ("L", "LA", "La")
        return _opaque(np.asarray(image.convert("RGBA")), gray, rules)
    colours = np.asarray(image.convert("RGB"))
    return colours[..., :1] if mode == "P" and is_gray(colours) else colours


def _opaque(picture: NDArray[np.uint8], gray: bool, rules: Rules) -> Picture:
    """Lay what can be seen through [height, width, 4] before white or black."""
    colours, alpha = picture[..., : 1 if gray else 3], picture[..., 3:]
    if (alpha == 255).all():
        return colours
    if rules.alpha == "refuse":
        share = 100 * float((alpha < 255).mean())
        raise Refused(
            f"can be seen through ({share:.3g} % of its pixels): say what lies behind with -s image.alpha=white or "
            "image.alpha=black."
        )
    cover, behind = alpha.astype(np.float32) / 255, 255.0 if rules.alpha == "white" else 0.0
    return (colours * cover + behind * (1 - cover) + 0.5).astype(np.uint8)


def _of_array(array: NDArray[Any], rules: Rules) -> Picture:
    """Take an array for a picture: whole numbers of 0 to 255 (16 bits: 65535), fractions of 0 to 1, or true and
    false."""
    shape = list(array.shape)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or 0 in array.shape:
        raise Refused(f"an array {shape} is no picture: expected [height, width] or [height, width, 1 to 4 channels].")
    if max(array.shape[:2]) > rules.largest:
        raise Refused(_too_large(f"{shape[1]} x {shape[0]}", rules))
    found = _units(array)
    if found.shape[2] in (2, 4):
        bytes_ = found if found.dtype == np.uint8 else (found + 0.5).astype(np.uint8)
        wide = bytes_ if found.shape[2] == 4 else bytes_[..., [0, 0, 0, 1]]
        return _opaque(wide, found.shape[2] == 2, rules)
    return found


def _units(array: NDArray[Any]) -> Picture:
    """Bring the numbers of an array to 0 to 255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return array.astype(np.float32) / np.float32(SIXTEEN)
    kind, most = array.dtype.kind, 1 if array.dtype.kind == "f" else 255
    if kind not in "iuf":
        raise Refused(f"an array of {array.dtype} holds no pixels: expected numbers.")
    low, high = float(array.min()), float(array.max())
    if low != low:
        lost = int(np.isnan(array).sum())
        raise Refused(f"{lost} of {array.size} pixels are no numbers (NaN). Something went wrong when it was written.")
    if not (low >= 0 and high <= most):
        raise Refused(
            f"pixels of {low:g} to {high:g}: {'fractions go from 0 to 1' if kind == 'f' else 'whole numbers to 255'}"
            " (16 bits: uint16). Scale them before they are saved."
        )
    return array.astype(np.float32) * np.float32(255) if kind == "f" else array.astype(np.uint8)


def _head(item: Item) -> bytes:
    if item.file is None:
        return (item.data or b"")[:64]
    try:
        with item.file.open("rb") as file:
            return file.read(64)
    except OSError:
        return b""


MAGIC = {
    "PNG": (b"\x89PNG",),
    "JPEG": (b"\xff\xd8",),
    "GIF": (b"GIF8",),
    "BMP": (b"BM",),
    "TIFF": (b"II*\0", b"MM\0*"),
    "PPM": (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"),
    "WEBP": (b"RIFF",),
}
OTHERS = {b"<": "markup (HTML, XML or SVG)", b"%PDF": "a PDF", b"PK": "a ZIP archive", b"\x1f\x8b": "gzip data"}


def _unreadable(head: bytes, reason: str) -> str:
    """Say what is wrong with bytes that no reader took."""
    if not head:
        return "is empty (0 bytes), expected a picture."
    if head[:4] == b"RIFF" and head[8:12] not in (b"WEBP", b""):
        return f"is no picture: it begins as a RIFF file of kind {head[8:12]!r} does."
    for name, starts in MAGIC.items():
        if head.startswith(starts):
            why = "" if "cannot identify" in reason else f" ({reason[:80]})"
            return f"is a {name} picture that is cut or damaged{why}: copy or download it again."
    begins = next((what for start, what in OTHERS.items() if head.lstrip().startswith(start)), None)
    seems = f"begins as {begins} does" if begins else f"begins with {head[:8]!r}"
    return f"is no picture that can be read: it {seems}; known are {', '.join(FORMATS)}."
