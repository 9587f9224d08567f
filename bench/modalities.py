"""Sound, pictures and moving pictures on real data: a command a row, measured on dev or on what training held out.

    python bench/modalities.py [ROW ...]      all rows, or some; one that is there is not run again (--again does)

Reads the data folder named by SEQLOOM_DATA (../shared/data). Trainings, and what rows read beside that folder, go to
runs/bench/modalities, results to bench/results/modalities.json, of which modalities.md is written anew after each row.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from board import Board, Row
from modalities_data import prepare
from modalities_rows import ROWS

from seqloom.explaining.looking import looking
from seqloom.tasks.clip_pairs import ClipData
from seqloom.training.run import load

LOOKED_AT = 200
"""Held-out pictures whose maps are measured."""
GROUND = 40
"""A pixel that differs from the corner's by more, in one of its colours, is of the shape."""


def extra(row: Row, folder: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a captioner looked, and accuracy by type of question."""
    found: dict[str, Any] = {}
    if values.get("types"):
        found["types"] = values["types"]
    if row.name == "captions-show-attend-tell":
        found["looks"] = looks(folder, row.name)
    return found


def looks(folder: Path, name: str) -> dict[str, dict[str, float]]:
    """Return of each word of held-out captions, by its place: the share of the weight inside the shape, how often the
    most is there, and the share that the shape has of the picture. The captions are the model's own."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        run = load(f"runs/{name}")
        data = run.task.evaluation(None, lambda note: None, run.model.carries)
        assert isinstance(data, ClipData)
        found: dict[str, list[tuple[float, float, float]]] = {}
        for index in range(min(LOOKED_AT, len(data.pairs))):
            clips = data.pairs.clips
            picture = clips.vault[clips.refs()[index]]
            mask = shape_of(picture)
            (look,) = looking(run, picture)
            weights, beside = look.inside(mask), look.inside(near(mask, *look.weights.shape[1:]))
            places = [np.unravel_index(each.argmax(), each.shape) for each in look.weights]
            rows, columns = look.weights.shape[1:]
            each = zip(look.words, weights, beside, places, strict=True)
            for number, (word, share, around, (down, across)) in enumerate(each):
                there = places_of(mask, rows, columns)[down, across]
                title = word if number in (0, len(look.words) - 1) else ("the colour", "the shape")[number - 1]
                found.setdefault(title, []).append((float(share), float(around), float(there), float(mask.mean())))
    finally:
        os.chdir(before)
    titles = ("inside", "near", "most", "area")
    return {
        word: dict(zip(titles, (mean(column) for column in zip(*each, strict=True)), strict=True))
        for word, each in found.items()
    }


def places_of(mask: Any, rows: int, columns: int) -> Any:
    """Return which places of a grid a shape lies in: [rows, columns]."""
    return mask.reshape(rows, mask.shape[0] // rows, columns, mask.shape[1] // columns).any((1, 3))


def near(mask: Any, rows: int, columns: int) -> Any:
    """Return the places that a shape lies in and those that touch them, as a part of the picture."""
    places = np.pad(places_of(mask, rows, columns), 1)
    wide = np.any([np.roll(places, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)], 0)
    return np.kron(wide[1:-1, 1:-1], np.ones((mask.shape[0] // rows, mask.shape[1] // columns))) > 0


def shape_of(picture: Any) -> Any:
    """Return where a picture of easy_vqa has its shape: [height, width]."""
    return (np.abs(picture.astype(np.int64) - picture[0, 0].astype(np.int64)) > GROUND).any(-1)


def notes(table: str, results: Mapping[str, Any]) -> list[str]:
    """Return what stands below a table."""
    lines = []
    for name, found in results.items():
        row = ROWS.get(name)
        if row is None or row.table != table:
            continue
        if "types" in found:
            each = ", ".join(f"{one['type']} {one['accuracy']:.3f} ({one['questions']})" for one in found["types"])
            lines += ["", f"{name}, by type of question: {each}."]
        if "looks" in found:
            lines += ["", f"Where {name} looked in {LOOKED_AT} held-out pictures, as it wrote its own captions:", ""]
            lines += ["| word | weight inside the shape | in its places and those beside | most in one of its places |"]
            lines += ["|---|---|---|---|"]
            lines += [
                f"| {word} | {each['inside']:.3f} | {each['near']:.3f} | {each['most']:.3f} |"
                for word, each in found["looks"].items()
            ]
            area = next(iter(found["looks"].values()))["area"]
            lines += ["", f"Weight alike everywhere would have {area:.3f} inside, the shape's share of the picture."]
    subjects = [found["accuracy"] for name, found in results.items() if name.startswith("msr-subject-")]
    if table.startswith("msr") and len(subjects) == 5:
        lines += ["", f"Mean of the five: {mean(subjects):.4f}."]
    if table.startswith("moving") and "one label a film" in table:
        lines += ["", ORDER_BLIND]
    return lines


INTRO = """One thread each, seed 7; commands run in the folder that bench/modalities.py makes, where `data` is the data
folder and the other files are made by bench/modalities_data.py from it or from seeds. Minutes are of a machine of two
cores that other work shared: no timing. The epoch shipped is the best on the part that is also shown, so those figures
flatter a little, but for msr_action3d and grufba3d, whose rows ship the last weights. Each row ran once."""
ORDER_BLIND = """Chance is 0.125. The bag knows every frame and not their order: the places that a shape went through
lie on a line, which tells the axis and never the way along it, so that 0.5 is the most that it could reach."""
BOARD = Board("modalities", "Sound, pictures and moving pictures", INTRO, ROWS, prepare, extra, notes)

if __name__ == "__main__":
    BOARD.main(sys.argv[1:])
