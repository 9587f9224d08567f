"""Telling: what a search found as text for a terminal and as a page."""

import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqloom.report import drawing
from seqloom.report.figures import Bars, Figure, Line, Lines, Points, Section, Table
from seqloom.report.sections_page import page as page_of
from seqloom.tuning.found import BEST, Found, Row
from seqloom.tuning.space import Space, read
from seqloom.tuning.trial import PARTS

SHOWN = 5
"""Trainings that a terminal shows; the page and tuning.json have all."""
MANY = 20
"""Trainings below which importance is called a hint."""
STATES = {"done": "done", "pruned": "given up", "ended": "ended by the time", "failed": "failed"}
WHY = {
    "trials": "as many trainings as were asked for",
    "minutes": "the time was up",
    "all": "every combination was tried",
}


def as_text(found: Found, width: int = 100) -> str:
    """Return the best trainings, what mattered, and what to do next."""
    better = sorted(found.done, key=lambda row: float(row["value"]), reverse=found.higher)
    parts = [drawing.as_text(_table("The best trainings", better[:SHOWN], found), width)]
    if found.importance:
        parts.append(drawing.as_text(_importance(found), width))
    return "\n\n".join(
        [*parts, "\n".join(sentences(found)), "Next:\n" + "\n".join(f"  {one}" for one in following(found))]
    )


def sentences(found: Found) -> list[str]:
    """Return what was found, in words."""
    best, given = found.best, found.given
    if best is None:
        return ["No training came to its end."]
    metric = found.plan.metric
    way = "highest" if found.higher else "lowest"
    told = [f"The {way} {metric} of validation is {best['value']:.4g}, by {' '.join(best['settings'])}."]
    if given is not None and given["number"] == best["number"]:
        told.append("That is what the spec said before: nothing better was found.")
    elif given is not None:
        told.append(f"With what the spec said before ({' '.join(given['settings'])}) it is {given['value']:.4g}.")
    if found.importance:
        name, share = max(found.importance.items(), key=lambda one: one[1])
        hint = "" if len(found.done) >= MANY else f"; {len(found.done)} trainings are few, so this is a hint"
        told.append(f"Of what was searched, {name} mattered most ({share:.0%} of what sets the best apart{hint}).")
    mine = [space for space in found.spaces if _setting(best, space) is not None]
    edge = [space.name for space in mine if _at_edge(space, best["values"][space.name])]
    if edge:
        told.append(f"The best lies at the edge of {', '.join(edge)}: a wider --search may find more.")
    counts = ", ".join(f"{count} {STATES[state]}" for state, count in found.counts().items())
    seconds = sum(float(row["seconds"]) for row in found.rows)
    told.append(f"{len(found.rows)} trainings ({counts}) in {_duration(seconds)}; {WHY[found.ended]}.")
    if found.again:
        told.append(f"{found.again} proposals had been tried before and were not trained again.")
    told.append(
        f"The value is the best of {len(found.done)} looks at the same validation rows, so it flatters: measure the "
        "training on rows that nothing was chosen on (data.test, or another file)."
    )
    return told


def following(found: Found) -> list[str]:
    """Return commands to go on with."""
    folder = found.folder
    commands = [
        f"seqloom train --config {shlex.quote(str(folder / BEST))}",
        f"seqloom evaluate {shlex.quote(str(folder / 'best'))}",
    ]
    if found.plan.trials:
        commands.append(f"seqloom tune --resume --out {shlex.quote(str(folder))} --trials {2 * found.plan.trials}")
    return commands


def page(found: Found) -> str:
    """Return one HTML page of a search."""
    plan, told = found.plan, sentences(found)
    data = found.to_dict()
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    sections = [
        Section(
            "What was found",
            "",
            [_history(found), *([_importance(found)] if found.importance else [])],
            [f"Next: {command}" for command in following(found)],
            lead=told,
        ),
        Section(
            "Each key",
            "A point is a training that came to its end: the value of the key, and what validation said.",
            [_against(found, space) for space in found.spaces],
        ),
        Section(
            "All trainings",
            "Those given up were worse than the median of the others after as many tenths of their updates.",
            [_courses(found), _table("Trainings", found.rows, found)],
        ),
        Section(
            "What was run",
            f"{plan.task} on {plan.data}, {versions}, {found.device}. Settings are proposed by TPE (Bergstra et al. "
            "2011); importance is by PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255): how far the values of the "
            "best tenth of the trainings lie from those of all. It tells of the range that was searched, and little of "
            "few trainings.",
            facts={name: value for name, value in data.items() if name != "trials"},
        ),
    ]
    return page_of(f"Search: {plan.task}", sections, f"Which settings train best on {plan.data}?")


def _history(found: Found) -> Figure:
    """Draw each training that came to its end, and the best so far."""
    done = found.done
    x = np.array([float(row["number"]) for row in done])
    y = np.array([float(row["value"]) for row in done])
    best = (np.maximum if found.higher else np.minimum).accumulate(y) if len(y) else y
    return Lines(
        "Trainings in order",
        [Line("best so far", x, best), Line("each training", x, y)],
        "training",
        found.plan.metric,
        caption="Where the lower line no longer falls (or the upper rises), more trainings of this range find little.",
    )


def _courses(found: Found) -> Figure:
    """Draw what validations said along each training."""
    lines = []
    for row in found.rows:
        if row["course"]:
            tenths, values = zip(*row["course"], strict=True)
            group = STATES[str(row["state"])]
            lines.append(
                Line(f"{row['number']}", np.array(tenths) * 100.0 / PARTS, np.array(values, np.float64), group=group)
            )
    return Lines("Validations along the way", lines, "% of the updates", found.plan.metric)


def _importance(found: Found) -> Bars:
    ordered = sorted(found.importance.items(), key=lambda one: -one[1])
    return Bars(
        "What mattered",
        [name for name, _ in ordered],
        np.array([round(share, 3) for _, share in ordered]),
        "share of what sets the best trainings apart",
    )


def _against(found: Found, space: Space) -> Figure:
    done = [row for row in found.done if _setting(row, space) is not None]
    said: list[Any] = [row["values"][space.name] for row in done]
    values = [read(one) if isinstance(one, str) else one for one in said]
    y = np.array([float(row["value"]) for row in done])
    names = [f"training {row['number']}: {_setting(row, space)}" for row in done]
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        x = np.array([float(one) for one in values])
        if space.log:
            return Points(space.name, np.log10(x), y, names, f"log10 of {space.name}", found.plan.metric)
        return Points(space.name, x, y, names, space.name, found.plan.metric)
    rows = [
        (
            choice,
            sum(one == choice for one in said),
            _best([v for v, one in zip(y, said, strict=True) if one == choice], found),
        )
        for choice in space.choices
    ]
    return Table(space.name, (space.name, "trainings", f"best {found.plan.metric}"), rows)


def _best(values: Sequence[float], found: Found) -> float | None:
    return None if not len(values) else float(max(values) if found.higher else min(values))


def _setting(row: Row, space: Space) -> str | None:
    """Return what a training had for a key; None: its architecture has no such key."""
    for setting in row["settings"]:
        key, _, value = str(setting).partition("=")
        if key in space.keys:
            return value
    return None


def _table(title: str, rows: Sequence[Row], found: Found) -> Table:
    names = [space.name for space in found.spaces]
    columns = ("training", found.plan.metric, *names, "parameters", "updates", "seconds", "end")
    cells = [
        (
            row["number"],
            None if row["value"] is None else float(f"{row['value']:.4g}"),
            *(_setting(row, space) for space in found.spaces),
            row["parameters"],
            row["steps"],
            round(float(row["seconds"]), 1),
            _how(row),
        )
        for row in rows
    ]
    return Table(title, columns, cells, right=names)


def _how(row: Row) -> str:
    ended = STATES[str(row["state"])]
    if row["state"] == "failed":
        return f"{ended}: {row['error']}"
    return f"{ended}; as the spec said before" if row["given"] else ended


def _at_edge(space: Space, value: Any) -> bool:
    """Say whether a value is within a twentieth of a range from an end beyond which there may be more."""
    if space.choices:
        numbers = [read(one) for one in space.choices]
        if len(numbers) < 3 or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
            return False
        return read(str(value)) in (min(numbers), max(numbers))
    if space.count is not None and space.count < 4:
        return False
    low, high, at = (np.log(one) if space.log else one for one in (space.low, space.high, float(value)))
    near = 0.05 * (high - low)
    return bool(high - at < near or (at - low < near and space.low != 0))


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} minutes"
