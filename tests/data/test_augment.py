"""Varied pictures: each change by hand, its range, one change for all frames, and the same from the same seed."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqloom.data.augment import Augment

PICTURE = np.random.default_rng(0).uniform(0, 255, (9, 7, 3)).astype(np.float32)


def drawn(how: Augment, picture: NDArray[Any] = PICTURE, count: int = 200) -> list[NDArray[Any]]:
    return [how.apply(picture, np.random.default_rng(seed)) for seed in range(count)]


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other))


@pytest.mark.parametrize(
    ("flip", "wanted"),
    [
        ("horizontal", [PICTURE, PICTURE[:, ::-1]]),
        ("vertical", [PICTURE, PICTURE[::-1]]),
        ("both", [PICTURE, PICTURE[:, ::-1], PICTURE[::-1], PICTURE[::-1, ::-1]]),
    ],
)
def test_mirrors(flip: Any, wanted: list[NDArray[Any]]) -> None:
    made = drawn(Augment(flip=flip))
    counts = [sum(same(one, way) for one in made) for way in wanted]
    assert sum(counts) == 200 and min(counts) > 140 / len(wanted)


def test_shifts_are_whole_pixels_and_black_comes_in() -> None:
    ways = {}
    for down in range(-2, 3):
        for right in range(-1, 2):
            framed = np.zeros((9 + 4, 7 + 2, 3), np.float32)
            framed[2 + down : 11 + down, 1 + right : 8 + right] = PICTURE
            ways[down, right] = framed[2:11, 1:8]
    made = drawn(Augment(shift=0.25))  # 2 of 9 rows, 1 of 7 columns
    seen = {next((way for way, wanted in ways.items() if same(one, wanted)), None) for one in made}
    assert seen == set(ways)


def test_a_quarter_turn_is_exact() -> None:
    square = PICTURE[:7]
    how = Augment(rotate=90)
    ends = [how.apply(square, Ends(way)) for way in (1.0, -1.0)]
    np.testing.assert_allclose(ends[0], np.rot90(square, -1), atol=1e-2)
    np.testing.assert_allclose(ends[1], np.rot90(square), atol=1e-2)


class Ends(np.random.Generator):
    """Draws the end of every range."""

    def __init__(self, way: float) -> None:
        super().__init__(np.random.PCG64(0))
        self.way = way

    def uniform(self, *range: Any, **more: Any) -> Any:
        return self.way

    def integers(self, low: Any, high: Any = None, **more: Any) -> Any:
        return high - 1 if self.way > 0 else low


def test_enlarged_about_the_middle() -> None:
    ramp = np.tile(np.arange(9, dtype=np.float32)[:, None, None], (1, 9, 1)) * 10
    larger, smaller = (Augment(zoom=1.0).apply(ramp, Ends(way)) for way in (1.0, -1.0))
    np.testing.assert_allclose(larger[:, 4, 0], 40 + (np.arange(9) - 4) * 5, atol=1e-3)
    np.testing.assert_allclose(smaller[2:7, 4, 0], [0, 20, 40, 60, 80], atol=1e-3)
    assert not smaller[:2].any() and not smaller[7:].any() and not smaller[:, :2].any()


def test_sampling_moves_as_shifting_does() -> None:
    moved = Augment(shift=0.3).apply(PICTURE, Ends(1.0))
    turned = Augment(shift=0.3, rotate=1e-9).apply(PICTURE, Ends(1.0))
    np.testing.assert_allclose(turned, moved, atol=1e-2)
    assert np.array_equal(moved[2:, 2:], PICTURE[:-2, :-2])


def test_light_and_contrast() -> None:
    dim = PICTURE / 4 + 90
    made = drawn(Augment(brightness=0.2), dim)
    added = np.array([one[0, 0, 0] - dim[0, 0, 0] for one in made])
    assert all(same(one, (dim + by).clip(0, 255)) for one, by in zip(made, added, strict=True))
    assert -51 <= added.min() < -45 and 45 < added.max() <= 51
    wide = [float(one.std() / dim.std()) for one in drawn(Augment(contrast=0.25), dim)]
    assert 0.8 <= min(wide) < 0.82 and 1.23 < max(wide) <= 1.2501
    np.testing.assert_allclose([one.mean() for one in drawn(Augment(contrast=0.25), dim)], dim.mean(), rtol=1e-3)


@pytest.mark.parametrize("how", [Augment(brightness=1.0, contrast=3.0), Augment(brightness=0.5), Augment(contrast=3.0)])
@pytest.mark.parametrize("way", [1.0, -1.0])
def test_values_stay_in_their_range(way: float, how: Augment) -> None:
    made = how.apply(PICTURE, Ends(way))
    assert made.min() >= 0 and made.max() <= 255 and not same(made, PICTURE)


def test_a_square_is_blanked_and_nothing_else() -> None:
    how, seen = Augment(cutout=0.4), set()  # 3 of the 7 pixels of the shorter side
    for made in drawn(how):
        hole = (made == 0).all(-1)
        assert np.array_equal(made[~hole], PICTURE[~hole])
        down, across = np.where(hole.any(1))[0], np.where(hole.any(0))[0]
        assert hole.sum() == len(down) * len(across) and len(down) in (2, 3) and len(across) in (2, 3)
        seen.add((down[0], across[0]))
    assert len(seen) > 25
    assert not (PICTURE == 0).any(), "the picture given stays as it was"


EVERYTHING = Augment("both", 0.2, 20, 0.2, 0.2, 0.2, 0.3)


def test_all_frames_of_a_film_change_alike() -> None:
    film = np.stack([PICTURE, PICTURE[::-1], PICTURE * 0.5])
    how = Augment("both", 0.2, 20, 0.2, 0.0, 0.0, 0.3)
    for seed in range(20):
        made = how.apply(film, np.random.default_rng(seed))
        for frame, one in zip(film, made, strict=True):
            np.testing.assert_allclose(one, how.apply(frame, np.random.default_rng(seed)), atol=1e-3)


def test_the_same_from_the_same_seed_and_nothing_from_nothing() -> None:
    once, again = drawn(EVERYTHING, count=20), drawn(EVERYTHING, count=20)
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    assert not any(np.array_equal(a, PICTURE) for a in once)
    assert all(one.dtype == np.float32 and one.shape == PICTURE.shape for one in once)
    assert EVERYTHING and not Augment()
    assert np.array_equal(Augment().apply(PICTURE, np.random.default_rng(0)), PICTURE)
