"""PNG: read back by another program, pixel for pixel."""

import io

import numpy as np
import pytest

from seqloom.report.png import encoded

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(3, 5, 3), (1, 1, 3), (4, 7), (64, 64, 3), (5, 2, 4)])
def test_pillow_reads_the_same_pixels(shape: tuple[int, ...]) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = RNG.integers(0, 256, shape).astype(np.uint8)
    read = image.open(io.BytesIO(encoded(pixels)))
    read.load()
    assert read.format == "PNG" and np.array_equal(np.asarray(read), pixels)


@pytest.mark.parametrize("wrong", [np.zeros((2, 2)), np.zeros((2, 2, 5), np.uint8), np.zeros((0, 2), np.uint8)])
def test_what_is_no_picture(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="pixels are"):
        encoded(wrong)
