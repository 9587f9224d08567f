"""Pixels as a PNG, without a library (ISO/IEC 15948: signature, then IHDR, IDAT and IEND with their checksums)."""

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def encoded(pixels: NDArray[Any]) -> bytes:
    """Return pixels [height, width], with 3 channels or with 4 (how solid they are), of 0 to 255 as the bytes of a PNG.

    Raises ValueError for other shapes and types.
    """
    if (
        pixels.dtype != np.uint8
        or pixels.ndim not in (2, 3)
        or pixels.shape[2:] not in ((), (3,), (4,))
        or not pixels.size
    ):
        raise ValueError(
            f"pixels are [height, width], or with 3 or 4 channels, of uint8, not {pixels.shape} {pixels.dtype}"
        )
    height, width = pixels.shape[:2]
    color = {(): 0, (3,): 2, (4,): 6}[pixels.shape[2:]]
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)  # each line as it is, filter 0
    parts = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)), (b"IDAT", zlib.compress(lines, 9))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in (*parts, (b"IEND", b"")))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
