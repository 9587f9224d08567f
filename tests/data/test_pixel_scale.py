"""Pixels scaled by hand's numbers, given or learnt, saved and read again."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.pixel_scale import PixelScale
from seqloom.errors import CheckpointError, InputError

PICTURES = [np.random.default_rng(n).integers(0, 256, (4 + n, 5, 3), dtype=np.uint8) for n in range(3)]
ALL = np.concatenate([one.reshape(-1, 3) for one in PICTURES]) / 255


def test_training_pixels_have_mean_zero_and_deviation_one() -> None:
    scale = PixelScale.train(iter(PICTURES), 3)
    np.testing.assert_allclose(scale.mean, ALL.mean(0))
    np.testing.assert_allclose(scale.deviation, ALL.std(0))
    made = np.concatenate([scale.apply(one).reshape(-1, 3) for one in PICTURES])
    assert made.dtype == np.float32
    np.testing.assert_allclose(made.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(made.std(0), 1, atol=1e-6)
    np.testing.assert_allclose(made, (ALL - ALL.mean(0)) / ALL.std(0), atol=1e-5)


def test_what_is_given_is_used() -> None:
    imagenet = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    scale = PixelScale.train(iter(PICTURES), 3, *imagenet)
    assert (list(scale.mean), list(scale.deviation)) == imagenet
    np.testing.assert_allclose(
        scale.apply(PICTURES[0]), (PICTURES[0] / 255 - imagenet[0]) / imagenet[1], rtol=1e-4, atol=1e-5
    )
    one = PixelScale.train(iter(PICTURES), 3, [0.5])
    assert one.mean == (0.5, 0.5, 0.5) and one.deviation == pytest.approx(ALL.std(0))
    with pytest.raises(InputError, match=r"image.mean has 2 numbers, and a picture 3 channel\(s\): give 1 or so many"):
        PixelScale.train(iter(PICTURES), 3, [0.5, 0.5])


def test_a_channel_that_never_changes_is_safe() -> None:
    flat = [np.full((3, 3, 1), 77, np.uint8)] * 4
    scale = PixelScale.train(iter(flat), 1)
    assert scale.deviation == (1.0,) and abs(scale.apply(flat[0])).max() < 1e-6


def test_saved_and_read_again(tmp_path: Path) -> None:
    scale = PixelScale.train(iter(PICTURES), 3)
    scale.save(tmp_path)
    again = PixelScale.load(tmp_path)
    assert again.digest == scale.digest and np.array_equal(again.apply(PICTURES[0]), scale.apply(PICTURES[0]))
    assert scale.digest != PixelScale.train(iter(PICTURES[:2]), 3).digest
    text = (tmp_path / "pixels.json").read_text()
    (tmp_path / "pixels.json").write_text(text.replace("0.", "1.", 1))
    with pytest.raises(CheckpointError, match="is not what was saved"):
        PixelScale.load(tmp_path)
