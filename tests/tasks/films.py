"""Small films for the tests of tasks: folders of frames, so that nothing has to be coded."""

from pathlib import Path

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")
SIDE = 8


def film(folder: Path, name: str, where: list[int], shade: int = 255) -> None:
    """Write a film of a bar, in column `where[t]` of frame t."""
    place = folder / name
    place.mkdir(parents=True)
    for number, column in enumerate(where, 1):
        frame = np.full((SIDE, SIDE, 3), 20, np.uint8)
        frame[:, column % SIDE] = shade
        Image.fromarray(frame).save(place / f"{number}.png")


def moving(folder: Path, count: int = 16, frames: int = 5) -> Path:
    """Write films of bars that go right or left from anywhere, and the table of their labels; films differ in length,
    and rows say who filmed them."""
    lines = ["path\tlabel\twho"]
    for number in range(count):
        step = 1 if number % 2 else -1
        start = number * 3 % SIDE
        film(folder, f"films/{number}", [start + step * time for time in range(frames + number % 3)], 100 + 9 * number)
        lines.append(f"films/{number}\t{'right' if step > 0 else 'left'}\t{'ab'[number // 2 % 2]}")
    table = folder / "films.tsv"
    table.write_text("\n".join(lines) + "\n")
    return table


def turning(folder: Path, count: int = 12) -> Path:
    """Write films of bars that turn once, and the label of every frame: where the bar has come from."""
    lines = ["path\tlabels"]
    for number in range(count):
        steps = [1 if (number + (time > 3)) % 2 else -1 for time in range(7 + number % 2)]
        where = [number * 3 % SIDE]
        for step in steps[1:]:
            where.append(where[-1] + step)
        film(folder, f"films/{number}", where)
        lines.append(f"films/{number}\t" + " ".join("right" if step > 0 else "left" for step in steps))
    table = folder / "turns.tsv"
    table.write_text("\n".join(lines) + "\n")
    return table
