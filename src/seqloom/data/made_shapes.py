"""Made shapes: small pictures of one or two shapes, with captions, questions and a mask of where each shape is, so that
captioning and visual question answering can be tried in minutes and their attention be measured.

    FOLDER/train/pictures/0001.png    64 by 64 pixels: a large shape, and often a small one above, below or beside it
    FOLDER/train/masks/0001.png       0 where there is ground, 1 the large shape, 2 the small one
    FOLDER/train/captions.tsv         path, caption: two captions a picture, both right
    FOLDER/train/questions.tsv        path, question, answer, type
    FOLDER/train/labels.tsv           path, label: the large shape
    FOLDER/valid/                     the same of other pictures, a fifth as many

Everything follows from the seed. No picture of the valid part is one of the training part.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import InputError

SIDE = 64
"""Pixels of a picture's side."""
FINE = 4
"""Each pixel is drawn as this many by this many, then averaged, so that edges are smooth."""
COLORS = {
    "red": (205, 45, 45),
    "green": (45, 155, 65),
    "blue": (50, 85, 205),
    "yellow": (230, 190, 35),
    "purple": (145, 65, 175),
    "black": (30, 30, 30),
}
SHAPES = ("circle", "square", "triangle")
LARGE, SMALL = (11, 15), (5, 7)
"""Pixels from the middle of a shape to its edge: at least, at most."""
VALID = 5
"""One picture to validate on for so many of training."""
LEAST = 40
"""Pictures of training at least: fewer would not have every colour and shape."""
ACROSS = {"above": "below", "below": "above", "left of": "right of", "right of": "left of"}


@dataclass(frozen=True)
class Shape:
    """One shape: its kind, colour, middle (x, y) and reach, in pixels."""

    kind: str
    color: str
    x: float
    y: float
    reach: float

    @property
    def name(self) -> str:
        """E.g. "red circle"."""
        return f"{self.color} {self.kind}"


@dataclass(frozen=True)
class Scene:
    """A picture: its large shape and, where there are two, the small one and where it is, seen from the large one."""

    large: Shape
    small: Shape | None = None
    place: str = ""

    @property
    def shapes(self) -> list[Shape]:
        """The shapes, the large one first."""
        return [self.large] if self.small is None else [self.large, self.small]


def make(folder: Path, rows: int, seed: int) -> list[str]:
    """Write `rows` pictures to train on and a fifth as many to validate on; return command lines to try.

    Raises InputError for fewer than 40 pictures, for a folder that holds something, and where Pillow is missing.
    """
    _pillow()
    if rows < LEAST:
        raise InputError(f"--rows {rows}: at least {LEAST} pictures, or some colour or shape would be in none.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: there is something already; name a folder that is new or empty.")
    rng = np.random.default_rng(seed)
    drawn: set[Scene] = set()
    for part, count in (("train", rows), ("valid", max(1, rows // VALID))):
        scenes: list[Scene] = []
        while len(scenes) < count:
            scene = draw_scene(rng, len(scenes) if part == "train" else int(rng.integers(10**6)))
            if scene not in drawn:
                drawn.add(scene)
                scenes.append(scene)
        _write(folder / part, scenes, rng)
    train, valid = (quote(str(folder / part)) for part in ("train", "valid"))
    return [
        f"seqloom train caption {train}/captions.tsv --valid {valid}/captions.tsv --arch show-attend-tell --minutes 2",
        f"seqloom train vqa {train}/questions.tsv --valid {valid}/questions.tsv --arch vqa-lstm --minutes 2",
        f"seqloom train classify {train}/labels.tsv --valid {valid}/labels.tsv --arch cnn --minutes 2",
    ]


def draw_scene(rng: np.random.Generator, number: int) -> Scene:
    """Draw a scene; its number decides colour and shape of the large one, so that every pair of them comes round."""
    names = list(COLORS)
    kind, color = SHAPES[number % len(SHAPES)], names[number // len(SHAPES) % len(names)]
    reach = float(rng.uniform(*LARGE))
    if rng.random() < 0.4:
        x, y = (float(one) for one in rng.uniform(reach + 2, SIDE - reach - 2, 2))
        return Scene(Shape(kind, color, x, y, reach))
    tiny = float(rng.uniform(*SMALL))
    place = list(ACROSS)[int(rng.integers(len(ACROSS)))]
    between = reach + tiny + float(rng.uniform(3, 6))
    aside = float(rng.uniform(-4, 4))
    down, right = {
        "above": (-between, aside),
        "below": (between, aside),
        "left of": (aside, -between),
        "right of": (aside, between),
    }[place]
    x, y = (_room(rng, reach, tiny, offset) for offset in (right, down))
    other = SHAPES[int(rng.integers(len(SHAPES)))]
    left = [name for name in names if name != color]  # of one colour twice, no question would name one of the two
    shade = left[int(rng.integers(len(left)))]
    return Scene(Shape(kind, color, x, y, reach), Shape(other, shade, x + right, y + down, tiny), place)


def _room(rng: np.random.Generator, reach: float, tiny: float, offset: float) -> float:
    """Draw where a large shape's middle may be along one side, with a small one `offset` pixels from it."""
    low, high = max(reach, tiny - offset) + 2, SIDE - max(reach, tiny + offset) - 2
    return float(rng.uniform(low, high))


def captions(scene: Scene) -> list[str]:
    """Return two right captions: "a small red circle above a large blue square", and the other way round."""
    if scene.small is None:
        return [f"a large {scene.large.name}", f"one large {scene.large.name} alone"]
    small, large = f"a small {scene.small.name}", f"a large {scene.large.name}"
    return [f"{small} {scene.place} {large}", f"{large} {ACROSS[scene.place]} {small}"]


def questions(scene: Scene, rng: np.random.Generator) -> Iterator[tuple[str, str, str]]:
    """Yield questions with their answers and types; what is asked of what is not there is drawn."""
    yield "how many shapes are there?", str(len(scene.shapes)), "count"
    sizes = ("large", "small")[: len(scene.shapes)]
    for size, shape in zip(sizes, scene.shapes, strict=True):
        yield f"what color is the {size} shape?", shape.color, "color"
        yield f"what shape is {shape.color}?", shape.kind, "shape"
    asked = scene.shapes[int(rng.integers(len(scene.shapes)))]
    yield f"is there a {asked.name}?", "yes", "yes or no"
    there = {shape.name for shape in scene.shapes}
    missing = [f"{color} {kind}" for color in COLORS for kind in SHAPES if f"{color} {kind}" not in there]
    near = [name for name in missing if name.split()[0] == asked.color or name.split()[1] == asked.kind]
    yield f"is there a {near[int(rng.integers(len(near)))]}?", "no", "yes or no"
    if scene.small is not None:
        yield "where is the small shape?", scene.place.removesuffix(" of"), "place"


def picture(scene: Scene, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a scene: the picture [64, 64, 3] on grained light ground, and its mask [64, 64]."""
    image, draw_module = _pillow()
    ground = rng.normal(236, 4, (SIDE, SIDE, 3))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for number, shape in enumerate(scene.shapes, 1):
        fine = image.new("L", (SIDE * FINE, SIDE * FINE))
        _outline(draw_module.Draw(fine), shape)
        cover = np.asarray(fine, np.float64).reshape(SIDE, FINE, SIDE, FINE).mean((1, 3)) / 255
        ground = ground * (1 - cover[..., None]) + np.array(COLORS[shape.color]) * cover[..., None]
        mask[cover >= 0.5] = number
    return ground.round().clip(0, 255).astype(np.uint8), mask


def _outline(pen: Any, shape: Shape) -> None:
    x, y, reach = (one * FINE for one in (shape.x, shape.y, shape.reach))
    if shape.kind == "circle":
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
    elif shape.kind == "square":
        half = reach * 0.86
        pen.rectangle((x - half, y - half, x + half, y + half), fill=255)
    else:
        pen.polygon([(x, y - reach), (x - reach, y + reach * 0.8), (x + reach, y + reach * 0.8)], fill=255)


def _write(folder: Path, scenes: Sequence[Scene], rng: np.random.Generator) -> None:
    image, _ = _pillow()
    tables: dict[str, list[tuple[str, ...]]] = {
        "captions": [("path", "caption")],
        "questions": [("path", "question", "answer", "type")],
        "labels": [("path", "label")],
    }
    digits = max(4, len(str(len(scenes))))
    for name in ("pictures", "masks"):
        (folder / name).mkdir(parents=True)
    for number, scene in enumerate(scenes, 1):
        path = f"pictures/{number:0{digits}}.png"
        pixels, mask = picture(scene, rng)
        image.fromarray(pixels).save(folder / path)
        image.fromarray(mask).save(folder / "masks" / Path(path).name)
        tables["captions"] += [(path, text) for text in captions(scene)]
        tables["questions"] += [(path, *one) for one in questions(scene, rng)]
        tables["labels"].append((path, scene.large.kind))
    for name, rows in tables.items():
        with (folder / f"{name}.tsv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows(rows)


def _pillow() -> tuple[Any, Any]:
    """Import what draws."""
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        raise InputError("drawing pictures needs Pillow: pip install 'seqloom[image]'") from None
    return Image, ImageDraw
