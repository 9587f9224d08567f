"""Learning curves of architectures: the mean over seeds at equal updates and at equal time, and from the lowest seed to
the highest."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqloom.report.figures import Floats, Line, Lines

Told = Mapping[str, Any]
LONG = 300.0
"""Seconds from which time is told in minutes."""
BETWEEN = 61
"""Points of a line whose runs were validated at other times each."""


def curves(cells: Sequence[Told], archs: Sequence[str], factor: float) -> list[Lines]:
    """Return what is validated of each architecture by updates, and by time; of those that have a curve.

    cells   records of runs; a point of a curve has step, seconds and value
    factor  what values are written times
    """
    names = list(dict.fromkeys(str(one["metric"]) for one in cells if one.get("curve") and one.get("metric")))
    metric = ", ".join(names) or "value"
    found = []
    for axis, title in (("step", "At equal updates"), ("seconds", "At equal time")):
        lines = [line for arch in archs if (line := _line(arch, _courses(cells, arch, axis), factor)) is not None]
        if not lines:
            continue
        name = "updates"
        if axis == "seconds":
            minutes = max(float(line.x.max()) for line in lines) > LONG
            name = "minutes of training and validating" if minutes else "seconds of training and validating"
            lines = [_slower(line) if minutes else line for line in lines]
        several = any(line.low is not None for line in lines)
        caption = "Each line is the mean over seeds, up to where the first of them ends"
        caption += "; the band goes from the lowest seed to the highest." if several else "."
        found.append(Lines(title, lines, name, f"{metric}, on validation rows", caption=caption))
    return found


def together(courses: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats] | None:
    """Return x [points] where all of some courses go and their values there [courses, points]; None: nowhere.

    Where the courses have points of their own each, `BETWEEN` are laid evenly over what they share. Between two points
    of a course its values lie on a straight line.
    """
    if not courses:
        return None
    start, end = max(x[0] for x, _ in courses), min(x[-1] for x, _ in courses)
    if start > end:
        return None
    x = courses[0][0]
    if any(len(one) != len(x) or (one != x).any() for one, _ in courses):
        x = np.linspace(start, end, BETWEEN) if start < end else np.array([start])
    return x, np.stack([np.interp(x, one, y) for one, y in courses])


def _line(arch: str, courses: Sequence[tuple[Floats, Floats]], factor: float) -> Line | None:
    found = together(courses)
    if found is None:
        return None
    x, values = found[0], found[1] * factor
    several = len(values) > 1
    return Line(arch, x, values.mean(0), values.min(0) if several else None, values.max(0) if several else None)


def _courses(cells: Sequence[Told], arch: str, axis: str) -> list[tuple[Floats, Floats]]:
    """Return (x, value) of each run of an architecture that has any, x rising; of points at one x the last."""
    found = []
    for cell in cells:
        points = {
            float(one[axis]): float(one["value"])
            for one in (cell.get("curve") or ())
            if cell["arch"] == arch and one.get(axis) is not None and one.get("value") is not None
        }
        points = {x: y for x, y in points.items() if np.isfinite([x, y]).all()}
        if points:
            x = np.array(sorted(points))
            found.append((x, np.array([points[one] for one in x.tolist()])))
    return found


def _slower(line: Line) -> Line:
    return Line(line.name, line.x / 60, line.y, line.low, line.high)
