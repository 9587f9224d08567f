"""Made shapes: what a seed fixes, captions and questions that are true of the picture, and masks that fit it."""

import csv
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
from PIL import Image

from seqloom.data.made_shapes import ACROSS, COLORS, SHAPES, SIDE, Scene, captions, draw_scene, make, picture, questions
from seqloom.errors import InputError

SCENES = [draw_scene(np.random.default_rng([3, number]), number) for number in range(60)]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_a_seed_says_every_byte_and_another_seed_says_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        make(tmp_path / name, 40, seed)
    files = sorted(one.relative_to(tmp_path / "a") for one in (tmp_path / "a").rglob("*") if one.is_file())
    assert len(files) == 2 * (40 + 8) + 2 * 3
    assert all((tmp_path / "a" / one).read_bytes() == (tmp_path / "b" / one).read_bytes() for one in files)
    assert any((tmp_path / "a" / one).read_bytes() != (tmp_path / "c" / one).read_bytes() for one in files)


def test_tables_name_pictures_that_are_there_and_parts_share_none(tmp_path: Path) -> None:
    said = make(tmp_path / "shapes", 40, 7)
    assert [line.split()[2] for line in said] == ["caption", "vqa", "classify"]
    seen: dict[str, set[bytes]] = {}
    for part, count in (("train", 40), ("valid", 8)):
        folder = tmp_path / "shapes" / part
        for name, each in (("captions", 2), ("labels", 1)):
            rows = table(folder / f"{name}.tsv")
            assert len(rows) == each * count and len({row["path"] for row in rows}) == count
            assert all((folder / row["path"]).is_file() for row in rows)
        seen[part] = {one.read_bytes() for one in (folder / "pictures").iterdir()}
        assert len(seen[part]) == count
    assert not seen["train"] & seen["valid"]
    labels = [row["label"] for row in table(tmp_path / "shapes/train/labels.tsv")]
    assert {label: labels.count(label) for label in SHAPES} == {"circle": 14, "square": 13, "triangle": 13}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.place or "alone")
def test_shapes_lie_inside_apart_and_where_they_are_said_to_be(scene: Scene) -> None:
    pixels, mask = picture(scene, np.random.default_rng(0))
    assert pixels.shape == (SIDE, SIDE, 3) and mask.shape == (SIDE, SIDE)
    middles = []
    for number, shape in enumerate(scene.shapes, 1):
        assert min(shape.x, shape.y) - shape.reach >= 1 and max(shape.x, shape.y) + shape.reach <= SIDE - 1
        here = mask == number
        assert here.sum() > 40
        assert np.abs(np.median(pixels[here], 0) - COLORS[shape.color]).max() <= 3
        rows, columns = np.nonzero(here)
        middles.append((columns.mean(), rows.mean()))
    assert np.abs(np.median(pixels[mask == 0], 0) - 236).max() <= 4
    if scene.small is not None:
        right, down = (there - here for here, there in zip(*middles, strict=True))
        sides = {"above": -down, "below": down, "left of": -right, "right of": right}
        assert scene.place == max(sides, key=lambda side: sides[side])


def test_captions_say_the_same_from_either_side() -> None:
    for scene in SCENES:
        first, second = captions(scene)
        if scene.small is None:
            assert first == f"a large {scene.large.name}" and second == f"one large {scene.large.name} alone"
        else:
            small, large = first.split(f" {scene.place} ")
            assert second == f"{large} {ACROSS[scene.place]} {small}" and large == f"a large {scene.large.name}"


def test_answers_are_right() -> None:
    for scene in SCENES:
        there = {shape.name for shape in scene.shapes}
        for question, answer, kind in questions(scene, np.random.default_rng(1)):
            words = question.rstrip("?").split()
            if kind == "count":
                assert answer == str(len(there))
            elif kind == "color":
                assert answer == (scene.large if words[4] == "large" else scene.small).color  # type: ignore[union-attr]
            elif kind == "shape":
                assert f"{words[3]} {answer}" in there
            elif kind == "place":
                assert scene.place.startswith(answer)
            else:
                assert (answer == "yes") is (" ".join(words[3:]) in there)


def test_no_question_about_a_picture_has_two_answers() -> None:
    for scene in SCENES:
        asked = {question: answer for question, answer, _ in questions(scene, np.random.default_rng(3))}
        assert {(question, answer) for question, answer, _ in questions(scene, np.random.default_rng(3))} == {
            *asked.items()
        }
        assert len({shape.color for shape in scene.shapes}) == len(scene.shapes)


def test_what_is_asked_of_cannot_be_told_from_the_question_alone() -> None:
    asked = [
        (question, answer) for scene in SCENES for question, answer, _ in questions(scene, np.random.default_rng(2))
    ]
    yes_or_no = [answer for _, answer in asked if answer in ("yes", "no")]
    assert yes_or_no.count("yes") == yes_or_no.count("no") == len(SCENES)


def test_every_colour_and_shape_comes_round() -> None:
    assert {scene.large.name for scene in SCENES[:18]} == {f"{color} {kind}" for color in COLORS for kind in SHAPES}


def test_what_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--rows 39: at least 40 pictures"):
        make(tmp_path / "few", 39, 7)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="there is something already"):
        make(tmp_path / "full", 40, 7)
    assert not (tmp_path / "few").exists() and [one.name for one in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_masks_are_small_whole_numbers(tmp_path: Path) -> None:
    make(tmp_path / "shapes", 40, 7)
    found = np.asarray(Image.open(tmp_path / "shapes/train/masks/0001.png"))
    assert found.dtype == np.uint8 and set(np.unique(found)) <= {0, 1, 2}
