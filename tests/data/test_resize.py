"""Sizes: the filter against Pillow's, and what becomes of another shape, by hand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqloom.data.resize import Fit, resize

RNG = np.random.default_rng(0)


def noise(*shape: int) -> NDArray[np.uint8]:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(100, 80), (28, 28), (300, 210), (7, 90), (1, 1)])
def test_the_filter_is_pillows(shape: tuple[int, int]) -> None:
    image = pytest.importorskip("PIL.Image")
    picture = noise(*shape, 3)
    theirs = np.asarray(image.fromarray(picture).resize((48, 64), image.Resampling.BILINEAR))
    assert np.abs(resize(picture, 64, 48, "stretch").astype(int) - theirs).max() <= 1
    gray = noise(*shape, 1).astype(np.float32) / 3
    wanted = np.asarray(image.fromarray(gray[..., 0]).resize((48, 64), image.Resampling.BILINEAR))
    np.testing.assert_allclose(resize(gray, 64, 48, "stretch")[..., 0], wanted, atol=2e-3)


def test_a_picture_of_the_size_is_not_touched() -> None:
    picture = noise(5, 4, 3)
    for fit in ("pad", "crop", "stretch"):
        assert resize(picture, 5, 4, fit) is picture


def test_padding_centres_what_fits() -> None:
    wide = np.full((10, 30, 1), 200, np.uint8)
    padded = resize(wide, 12, 12)
    assert padded.shape == (12, 12, 1) and (padded[4:8] == 200).all()
    assert not padded[:4].any() and not padded[8:].any()


def test_cropping_keeps_the_middle() -> None:
    wide = np.zeros((10, 30, 1), np.uint8)
    wide[:, 10:20] = 200
    assert (resize(wide, 5, 5, "crop") == 200).all()
    tall = wide.transpose(1, 0, 2)
    assert (resize(tall, 5, 5, "crop") == 200).all()


def test_stretching_keeps_all() -> None:
    halves = np.concatenate([np.zeros((4, 8, 1)), np.full((4, 8, 1), 100)], 1).astype(np.float32)
    made = resize(halves, 4, 4, "stretch")
    np.testing.assert_allclose(made[0, :, 0], [0, 0, 100, 100], atol=15)
    np.testing.assert_allclose(made.mean(), 50, atol=1e-4)


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("shape", [(1, 10_000), (10_000, 1), (3, 2), (65, 64)])
def test_any_shape_has_the_size_and_type_afterwards(fit: Fit, shape: tuple[int, int]) -> None:
    for dtype in (np.uint8, np.float32):
        made = resize(np.full((*shape, 3), 7, dtype), 64, 64, fit)
        assert made.shape == (64, 64, 3) and made.dtype == dtype
        np.testing.assert_allclose(made.max(), 7, atol=1e-5)
        if fit != "pad":
            np.testing.assert_allclose(made.min(), 7, atol=1e-5)


def test_films_are_pictures_one_by_one() -> None:
    film: NDArray[Any] = noise(4, 20, 30, 3)
    for fit in ("pad", "crop", "stretch"):
        made = resize(film, 8, 9, fit)
        assert all(np.array_equal(made[n], resize(film[n], 8, 9, fit)) for n in range(4))
