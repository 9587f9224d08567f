"""Made motion: short films of a shape that moves, so that reading films can be tried in minutes.

    FOLDER/train/clips/0001.mp4    12 frames of 32 by 32 pixels: a shape that keeps to one of eight directions
    FOLDER/train/labels.tsv        path, label: the direction
    FOLDER/train/turns/0001.mp4    20 frames: a shape that turns once or twice
    FOLDER/train/frames.tsv        path, labels: the direction in every frame, with spaces between
    FOLDER/valid/                  the same of other films, a quarter as many

A single frame tells nothing: a shape starts anywhere, leaves at one side and comes in at the other, and its form,
colour, size and speed have nothing to do with where it goes. What is uniform once is uniform after every step. All
frames without their order tell along which line a shape went, but never which way, so whoever does not read them in
their order is right in half of the films at most. Every frame of an .mp4 is coded by itself, for one that is coded by
its difference to the last would show traces of it.
"""

import csv
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from shlex import quote
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import InputError

SIDE = 32
"""Pixels of a frame's side."""
STEPS, TURNING = 12, 20
"""Frames of a film that keeps its direction, and of one that turns."""
RATE = 10
"""Frames a second."""
DIRECTIONS = {
    "right": (1, 0),
    "down-right": (1, 1),
    "down": (0, 1),
    "down-left": (-1, 1),
    "left": (-1, 0),
    "up-left": (-1, -1),
    "up": (0, -1),
    "up-right": (1, -1),
}
"""Steps to the right and down; both ways at once are as fast as one."""
FORMS = ("disc", "square", "diamond", "ring")
SPEED = (1.5, 3.0)
"""Pixels a frame, at least and at most."""
REACH = (4.0, 6.0)
"""Pixels from the middle of a shape to its edge."""
LEG = 5
"""Frames for which a direction is kept at least."""
VALID = 4
"""One film to validate on for so many of training."""
LEAST = 16
"""Films of training at least: two of each direction."""

Form = Literal["mp4", "frames"]
Film = NDArray[np.uint8]


class Mover(NamedTuple):
    """A shape: what it is, its colour and that of the ground, its reach and its speed."""

    form: str
    color: NDArray[np.float64]
    ground: NDArray[np.float64]
    reach: float
    speed: float


def make(folder: Path, rows: int, seed: int, form: Form = "mp4") -> list[str]:
    """Write `rows` films of each sort to train on and a quarter as many to validate on; return command lines to try.

    `form` frames writes a folder of PNG pictures in place of each .mp4.

    Raises InputError for fewer than 16 films, for a folder that holds something, and where PyAV (or Pillow) is missing.
    """
    if rows < LEAST:
        raise InputError(f"--rows {rows}: at least {LEAST} films, two of each direction.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: there is something already; name a folder that is new or empty.")
    write = _writer(form)
    rng = np.random.default_rng(seed)
    for part, count in (("train", rows), ("valid", max(len(DIRECTIONS), rows // VALID))):
        labels: list[tuple[str, str]] = [("path", "label")]
        frames: list[tuple[str, str]] = [("path", "labels")]
        digits = max(4, len(str(count)))
        for name in ("clips", "turns"):
            (folder / part / name).mkdir(parents=True)
        for number in range(count):
            name = f"{number + 1:0{digits}}{'' if form == 'frames' else '.mp4'}"
            said = list(DIRECTIONS)[number % len(DIRECTIONS)]
            write(folder / part / "clips" / name, film(rng, [said] * STEPS))
            labels.append((f"clips/{name}", said))
            path = turning(rng, TURNING)
            write(folder / part / "turns" / name, film(rng, path))
            frames.append((f"turns/{name}", " ".join(path)))
        _table(folder / part / "labels.tsv", labels)
        _table(folder / part / "frames.tsv", frames)
    train, valid = (quote(str(folder / part)) for part in ("train", "valid"))
    video = "" if form == "mp4" else " -s source.tokens=video"
    return [
        f"seqloom train classify {train}/labels.tsv --valid {valid}/labels.tsv --arch lrcn{video} --minutes 2",
        f"seqloom train classify {train}/labels.tsv --valid {valid}/labels.tsv --arch bag{video} --minutes 2",
        f"seqloom train tag {train}/frames.tsv --valid {valid}/frames.tsv --arch bilstm -s source.tokens=video "
        "--minutes 2",
    ]


def film(rng: np.random.Generator, directions: Sequence[str]) -> Film:
    """Draw a film of a new shape: [frames, 32, 32, 3]; `directions[t]` is the way it came before frame t, but the
    first, before which there is nothing."""
    ground = rng.uniform(0, 90, 3)
    color = rng.uniform(130, 255, 3)
    mover = Mover(
        FORMS[int(rng.integers(len(FORMS)))], color, ground, float(rng.uniform(*REACH)), float(rng.uniform(*SPEED))
    )
    place = rng.uniform(0, SIDE, 2)  # to the right, down
    frames = [_frame(mover, place)]
    for direction in directions[1:]:
        step = np.array(DIRECTIONS[direction], np.float64)
        place = (place + mover.speed * step / np.linalg.norm(step)) % SIDE
        frames.append(_frame(mover, place))
    return np.stack(frames)


def turning(rng: np.random.Generator, frames: int) -> list[str]:
    """Draw the direction of each frame of a film that turns once or twice, keeping each for at least five frames."""
    legs = int(rng.integers(2, 4))
    spare = np.sort(rng.integers(0, frames - legs * LEG + 1, legs - 1))
    ends = [*(LEG * (leg + 1) + int(more) for leg, more in enumerate(spare)), frames]
    names, path = list(DIRECTIONS), []
    before = int(rng.integers(len(names)))
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        path += [names[before]] * (end - start)
        before = (before + int(rng.integers(1, len(names)))) % len(names)  # never the same again
    return path


def _frame(mover: Mover, place: NDArray[np.float64]) -> Film:
    """Draw a shape in its place [2], to the right and down; the frame's sides are joined to one another."""
    axis = np.arange(SIDE) + 0.5
    right, down = ((axis - one + SIDE / 2) % SIDE - SIDE / 2 for one in place)
    across, along = np.abs(right)[None, :], np.abs(down)[:, None]  # distances from the middle
    if mover.form == "square":
        edge = np.maximum(across, along) - 0.85 * mover.reach
    elif mover.form == "diamond":
        edge = (across + along - 1.2 * mover.reach) / np.sqrt(2)
    else:
        edge = np.hypot(across, along) - mover.reach
    cover = np.clip(0.5 - edge, 0, 1)  # half of a pixel on the edge
    if mover.form == "ring":
        cover *= np.clip(0.5 + np.hypot(across, along) - 0.45 * mover.reach, 0, 1)
    drawn = mover.ground * (1 - cover[..., None]) + mover.color * cover[..., None]
    return np.asarray(drawn.round(), np.uint8)


def _writer(form: Form) -> Any:
    """Return what writes a film. Raises InputError where a package for it is missing."""
    if form == "frames":
        try:
            from PIL import Image
        except ImportError:
            raise InputError("writing frames needs Pillow: pip install 'seqloom[image]'") from None

        def pictures(path: Path, frames: Film) -> None:
            path.mkdir()
            for number, frame in enumerate(frames, 1):
                Image.fromarray(frame).save(path / f"{number}.png")

        return pictures
    try:
        import av
    except ImportError:
        raise InputError("writing video needs PyAV: pip install 'seqloom[video]'") from None

    def video(path: Path, frames: Film) -> None:
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream("mpeg4", rate=RATE)
            stream.width = stream.height = SIDE
            stream.pix_fmt = "yuv420p"
            stream.bit_rate = 2_000_000
            stream.codec_context.gop_size = 1  # every frame by itself
            stream.codec_context.time_base = Fraction(1, RATE)
            for frame in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode(None))

    return video


def _table(path: Path, rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(rows)
