"""What saliency draws: coloured words, lines over steps, maps of channels, and pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.explaining.inputs import Read
from seqloom.explaining.subject import Subject
from seqloom.explaining.thinning import even, named, summed
from seqloom.explaining.view import DRAWN
from seqloom.report.figures import Figure, Heat, Line, Lines, Marked, Shaded
from seqloom.report.look import Look

METHOD_NAMES = {"gradient": "gradient x input", "integrated": "integrated gradients", "occlusion": "occlusion"}
SIDE_NAMES = {"source": "what was read", "target": "what the decoder heard", "known": "what was known ahead"}
CELLS, WIDE = 64, 200
"""Cells a side of the map of a picture, and columns of the map of a series, at most."""
TOP = 10
Floats = NDArray[np.float64]


def per_step(values: Floats) -> Floats:
    """Add up everything but the first axis: one number a step, a row of a picture or a frame."""
    return values.reshape(len(values), -1).sum(1)


def strongest(read: Read, values: Floats) -> list[dict[str, Any]]:
    """List the steps (words, pixels of a picture) of most weight, without its sign, strongest first."""
    names: Sequence[str]
    if read.kind == "picture":
        steps = values.reshape(-1)
        names = [
            f"row {row + 1}, column {column + 1}" for row in range(len(values)) for column in range(values.shape[1])
        ]
    else:
        steps, names = summed(per_step(values), read.axis.spans, 0), read.axis.merged
    order = np.argsort(-np.abs(steps), kind="stable")[:TOP]
    return [{"place": int(at) + 1, "name": names[at], "value": float(steps[at])} for at in order]


def drawn(subject: Subject, reads: Mapping[str, Read], values: Mapping[str, Floats]) -> tuple[list[Figure], list[str]]:
    """Draw what was found of each input, and say what was thinned."""
    figures: list[Figure] = []
    notes: list[str] = []
    for side, read in reads.items():
        maps = {key.split(".")[1]: value for key, value in values.items() if key.split(".")[0] == side}
        shown = SIDE_NAMES.get(side, side)
        if read.discrete:
            figures += _words(read, maps, shown, notes)
        elif read.kind == "picture":
            figures += _places(subject, maps, shown)
        else:
            figures += _steps(read, maps, shown, notes)
    return figures, notes


def _words(read: Read, maps: Mapping[str, Floats], shown: str, notes: list[str]) -> list[Figure]:
    spans = even(len(read.axis.spans), DRAWN)
    names = named(read.axis.merged, spans)
    if len(spans) < len(read.axis.spans):
        notes.append(f"{shown}: {len(read.axis.spans)} words are drawn as {len(spans)} stretches, their weights added.")
    each = {method: summed(summed(value, read.axis.spans, 0), spans, 0) for method, value in maps.items()}
    return [
        Marked(f"{METHOD_NAMES[method]}: {shown}", names, weights, scale=float(np.abs(weights).max(initial=0)) or None)
        for method, weights in each.items()
    ]


def _steps(read: Read, maps: Mapping[str, Floats], shown: str, notes: list[str]) -> list[Figure]:
    spans = even(len(read.axis), DRAWN)
    if len(spans) < len(read.axis):
        notes.append(f"{shown}: {len(read.axis)} steps are drawn as {len(spans)} stretches, their weights added.")
    at = np.array([start for start, _ in spans], np.float64) + 1
    lines = [
        Line(METHOD_NAMES[method], at, summed(per_step(value), spans, 0), group=method)
        for method, value in maps.items()
    ]
    figures: list[Figure] = [Lines(f"saliency of each step: {shown}", lines, read.axis.kind, "share of the score")]
    columns = even(len(read.axis), WIDE)
    for method, value in maps.items():
        if value.ndim == 2:
            grid = summed(value, columns, 0).T
            rows = [f"channel {number + 1}" for number in range(len(grid))]
            title = f"{METHOD_NAMES[method]}, channel by channel: {shown}"
            figures.append(Heat(title, grid, rows, named(read.axis.tokens, columns), "", read.axis.kind, signed=True))
    return figures


def _places(subject: Subject, maps: Mapping[str, Floats], shown: str) -> list[Figure]:
    figures: list[Figure] = []
    for method, value in maps.items():
        down, across = even(value.shape[0], CELLS), even(value.shape[1], CELLS)
        grid = summed(summed(value, down, 0), across, 1)
        rows, columns = ([str(start + 1) for start, _ in spans] for spans in (down, across))
        figures.append(Heat(f"{METHOD_NAMES[method]}: {shown}", grid, rows, columns, "row", "column", signed=True))
    size = {method: np.abs(value) for method, value in maps.items()}
    light = {method: value / value.sum() for method, value in size.items() if value.sum() > 0}
    if _drawable(subject.raw) and light:
        look = Look(np.asarray(subject.raw), np.stack(list(light.values())), [METHOD_NAMES[one] for one in light])
        figures.append(Shaded("pixels by their weight, without its sign", look))
    return figures


def _drawable(raw: Any) -> bool:
    return isinstance(raw, np.ndarray) and (raw.ndim == 2 or (raw.ndim == 3 and raw.shape[2] in (1, 3)))
