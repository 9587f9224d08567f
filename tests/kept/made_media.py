"""Small pictures and recordings from a seed, as arrays, for the kept runs that read them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 2000
COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220), "초록": (30, 200, 30)}
WAYS = {"wide": (3, 9), "tall": (9, 3)}
TONES = {"low": 200, "mid": 400, "high": 700}


def pictures(count: int = 40, seed: int = 8) -> tuple[NDArray[np.uint8], list[str], list[str]]:
    """Return pictures [count, 12, 12, 3] of a bar, the colour of each and its way."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 40, (count, 12, 12, 3), np.uint8)
    colours = [list(COLOURS)[n % 3] for n in range(count)]
    ways = [list(WAYS)[n % 2] for n in range(count)]
    for image, colour, way in zip(images, colours, ways, strict=True):
        (height, width), (top, left) = WAYS[way], rng.integers(0, 4, 2)
        image[top : top + height, left : left + width] = COLOURS[colour]
    return images, colours, ways


def sounds(count: int = 40, seed: int = 9) -> tuple[list[NDArray[np.int16]], list[str]]:
    """Return recordings of two to four tones, and the names of the tones."""
    rng = np.random.default_rng(seed)
    made, texts = [], []
    for _ in range(count):
        names = [list(TONES)[place] for place in rng.integers(0, 3, rng.integers(2, 5))]
        parts = []
        for name in names:
            time = np.arange(rng.integers(240, 360)) / RATE
            parts += [3000 * np.sin(2 * np.pi * TONES[name] * time), np.zeros(rng.integers(60, 120))]
        noise = rng.normal(0, 30, sum(map(len, parts)))
        made.append((np.concatenate(parts) + noise).astype(np.int16))
        texts.append(" ".join(names))
    return made, texts


def write(folder: Path) -> None:
    """Write pictures.npz, captions.tsv, questions.tsv and sounds.npz into a folder."""
    images, colours, ways = pictures()
    np.savez(folder / "pictures.npz", images=images)
    both = list(zip(colours, ways, strict=True))
    captions = "".join(f"{n}\ta {way} {colour} bar\n" for n, (colour, way) in enumerate(both))
    (folder / "captions.tsv").write_text("id\tcaption\n" + captions, encoding="utf-8")
    asked = "".join(
        f"{n}\twhat colour is it?\t{colour}\n{n}\twhich way?\t{way}\n" for n, (colour, way) in enumerate(both)
    )
    (folder / "questions.tsv").write_text("id\tquestion\tanswer\n" + asked, encoding="utf-8")
    made, texts = sounds()
    ends = np.cumsum([0, *map(len, made)])
    np.savez(folder / "sounds.npz", audio=np.concatenate(made), offset=ends, rate=RATE, text=np.array(texts))
