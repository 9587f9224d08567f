"""Draw what `seqloom make-data` makes, for README.md: `python docs/made_pictures.py` writes docs/shapes.png, motion.png
and tones.png anew."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from seqloom.cli.make_data import MAKERS
from seqloom.data.media import Item
from seqloom.spec import parse
from seqloom.tasks.audio_source import AudioSource
from seqloom.tasks.video_source import VideoSource

HERE = Path(__file__).parent
INK, PAPER, GAP = (40, 40, 40), (255, 255, 255), 12
WIDE = 880


def main() -> None:
    """Write the three pictures."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        for name, maker in MAKERS.items():
            (place / name).mkdir()
            maker(place / name, 40, 7)
        shapes(place / "shapes" / "train").save(HERE / "shapes.png", optimize=True)
        motion(place / "motion" / "train").save(HERE / "motion.png", optimize=True)
        tones(place / "tones" / "train").save(HERE / "tones.png", optimize=True)


def shapes(folder: Path) -> Image.Image:
    """Draw four pictures, each over a caption and a question of its own."""
    captions, questions = first(folder / "captions.tsv"), first(folder / "questions.tsv")
    tile = (WIDE - 5 * GAP) // 4
    page, pen = blank(tile + 74)
    for place, path in enumerate(list(captions)[:4]):
        left = GAP + place * (tile + GAP)
        page.paste(Image.open(folder / path).resize((tile, tile), Image.Resampling.NEAREST), (left, GAP))
        asked = questions[path]
        pen.text((left, tile + GAP + 6), wrapped(captions[path]["caption"], tile, font(14)), INK, font(14))
        told = wrapped(f"{asked['question']} {asked['answer']}", tile, font(12))
        pen.text((left, tile + GAP + 44), told, (110, 110, 110), font(12))
    return page


def motion(folder: Path) -> Image.Image:
    """Draw the frames of two films side by side, each film before its label."""
    spec = parse({"task": "classify", "source": {"tokens": "video"}, "target": {}, "video": {}, "image": {}})
    labels = first(folder / "labels.tsv")
    films = []
    for path in list(labels)[:2]:
        item = Item(path, file=folder / path)
        VideoSource.settle(spec, item)
        films.append((labels[path]["label"], VideoSource.raw(spec, item)))
    tile = (WIDE - 9 * GAP) // 8
    page, pen = blank(2 * (tile + 30))
    for row, (label, film) in enumerate(films):
        top = GAP + row * (tile + 30)
        for place, frame in enumerate(film[:8]):
            picture = Image.fromarray(np.squeeze(frame)).convert("RGB").resize((tile, tile), Image.Resampling.NEAREST)
            page.paste(picture, (GAP + place * (tile + GAP), top))
        pen.text((GAP, top + tile + 4), label, INK, font(15))
    return page


def tones(folder: Path) -> Image.Image:
    """Draw what a model reads of a recording: how loud each band is in each frame, low ones below, over the text."""
    texts = first(folder / "texts.tsv")
    path = max(texts, key=lambda one: len(texts[one]["text"]))
    spec = parse({"task": "transcribe", "source": {"tokens": "audio"}, "target": {}, "audio": {"normalise": "none"}})
    item = Item(path, file=folder / path)
    AudioSource.settle(spec, item)
    raw = AudioSource.raw(spec, item)
    frames = AudioSource.fit(spec, [raw], lambda note: None).made(raw, None)
    low, high = np.percentile(frames, [20, 99.5])
    loud = np.clip((frames - low) / (high - low), 0, 1).T[::-1]
    high_px = 180
    page, pen = blank(high_px + 34)
    picture = Image.fromarray((255 - 215 * loud).astype(np.uint8)).convert("RGB")
    page.paste(picture.resize((WIDE - 2 * GAP, high_px), Image.Resampling.NEAREST), (GAP, GAP))
    pen.text((GAP, high_px + GAP + 6), texts[path]["text"], INK, font(15))
    return page


def first(table: Path) -> dict[str, dict[str, str]]:
    """Return the first row of each path of a table, by path."""
    found: dict[str, dict[str, str]] = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found.setdefault(row["path"], row)
    return found


def wrapped(text: str, width: int, letters: Any) -> str:
    """Break a text into lines of a width in pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if letters.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def blank(height: int) -> tuple[Image.Image, Any]:
    """Return a page and a pen for it."""
    page = Image.new("RGB", (WIDE, height + GAP), PAPER)
    return page, ImageDraw.Draw(page)


def font(size: int) -> Any:
    """Return the letters that Pillow brings."""
    return ImageFont.load_default(size)


if __name__ == "__main__":
    main()
