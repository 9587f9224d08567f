"""Looks: shading by lines between places, and the share of weight inside a part, by hand."""

import numpy as np
import pytest

from seqloom.report.look import DARK, Look, covered

PICTURE = np.full((4, 6, 3), 200, np.uint8)


def look(weights: list[list[float]], picture: np.ndarray = PICTURE) -> Look:
    return Look(picture, np.array([weights]), ["red"])


def test_weight_inside_a_mask_by_hand() -> None:
    drawn = look([[0.5, 0.2, 0.1], [0.1, 0.0, 0.1]])
    mask = np.zeros((4, 6), bool)
    mask[:2, :2] = True  # the first place
    assert drawn.inside(mask).tolist() == pytest.approx([0.5])
    mask[:2, 2] = True  # and half of the second
    assert drawn.inside(mask).tolist() == pytest.approx([0.5 + 0.1])
    assert drawn.inside(np.ones((4, 6), bool)).tolist() == pytest.approx([1.0])
    assert drawn.inside(~mask).tolist() == pytest.approx([0.4])


def test_weights_alike_everywhere_have_the_share_of_the_part() -> None:
    rng = np.random.default_rng(0)
    for height, width in ((4, 6), (7, 5), (64, 64), (3, 2)):
        mask = rng.random((height, width)) < 0.4
        even = Look(PICTURE, np.full((1, 5, 7), 1 / 35), ["x"])
        assert even.inside(mask)[0] == pytest.approx(mask.mean())


def test_a_mask_of_any_size_covers_the_same() -> None:
    mask = np.array([[True, False, True], [False, False, True]])
    wanted = covered(mask, (2, 3))
    assert np.array_equal(wanted, mask)
    for times in (2, 5):
        large = mask.repeat(times, 0).repeat(times, 1)
        np.testing.assert_allclose(covered(large, (2, 3)), wanted, atol=1e-12)
        np.testing.assert_allclose(covered(large, (4, 4)), covered(mask, (4, 4)), atol=1e-12)
    assert covered(mask, (1, 2))[0].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_the_place_most_looked_at_is_as_bright_as_the_picture_and_others_are_dark() -> None:
    drawn = look([[0.8, 0.2, 0.0], [0.0, 0.0, 0.0]])
    shaded = drawn.shaded(0)
    assert shaded.shape == PICTURE.shape and shaded[0, 0].tolist() == [200] * 3
    assert shaded[3, 5].tolist() == [round(200 * DARK)] * 3
    assert (np.diff(shaded[0, :, 0].astype(int)) <= 0).all(), "darker away from where it looked"
    # halfway between the middles of the first and second place, 0.8 and 0.2 of 0.8
    assert shaded[0, 1, 0] == pytest.approx(200 * (DARK + (1 - DARK) * (1 * 0.75 + 0.25 * 0.25)), abs=1)
    assert drawn.shaded(0, 3).shape == (12, 18, 3)


def test_gray_pictures_are_drawn_in_colour_and_nothing_looked_at_is_dark() -> None:
    for picture in (np.full((4, 6), 90.4, np.float32), np.full((4, 6, 1), 90, np.uint8)):
        drawn = look([[0.0, 0.0, 0.0]], picture)
        assert drawn.pixels.tolist() == np.full((4, 6, 3), 90).tolist()
        assert (drawn.shaded(0) == round(90 * DARK)).all()


@pytest.mark.parametrize(
    ("weights", "picture", "said"),
    [
        (np.ones((2, 1, 1)), PICTURE, "for 1 words"),
        (np.ones((1, 4)), PICTURE, "weights of shape"),
        (-np.ones((1, 2, 2)), PICTURE, "negative"),
        (np.full((1, 2, 2), np.nan), PICTURE, "not finite"),
        (np.ones((1, 2, 2)), np.ones((4, 4, 4)), "a picture of shape"),
    ],
)
def test_what_is_no_look(weights: np.ndarray, picture: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Look(picture, weights, ["red"])
