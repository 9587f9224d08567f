"""States: where the hidden and cell states go over a row, which units follow a pattern, and where else they were."""

import re
from typing import Any

import numpy as np
import torch

from seqloom.errors import InputError
from seqloom.errors import nearest as likely
from seqloom.explaining.nearest import nearest
from seqloom.explaining.patterns import LEAST, Follower, followers, patterns
from seqloom.explaining.projection import principal
from seqloom.explaining.recurrent import Floats, Place, Singles, heard, none_of, running, shown
from seqloom.explaining.subject import Axis, Subject
from seqloom.explaining.thinning import averaged
from seqloom.explaining.view import DRAWN, View, Viewer
from seqloom.explaining.written import pieces_of
from seqloom.report.figures import Figure, Heat, Line, Lines, Marked, Points, Table
from seqloom.table import Count
from seqloom.tasks.task import Say

Cells = list[list[str | int | float | None]]


class StatesView(Viewer):
    """h (and c) of each cell over the row: the units that move most, a projection to two numbers, the units that follow
    a pattern of the text, and the nearest states in a file.

    units    of each cell that are drawn: those that vary most
    pattern  a regular expression: which units follow the places that it matches
    cell     the path of the cell whose state is looked for in the file; "": the top one that reads forwards
    step     the step whose state is looked for, from 1; None: the last one that the cell reads
    nearest  how many states of the file are shown
    rows     of the file that are read, at most

    values   PATH.h and PATH.c [steps, units] of the units in facts, PATH.h.projection (and c) [steps, 2]
    """

    name = "states"
    through_data = True
    about = (
        "The states over the row. The projection draws each step as a point, in the two directions in which the states "
        "of this row vary most (principal components). A unit follows a pattern as far as the two correlate; chance is "
        "what the best unit reaches when the pattern is turned along the row."
    )

    def __init__(
        self,
        *,
        units: Count = 24,
        pattern: str | None = None,
        cell: str = "",
        step: Count | None = None,
        nearest: Count = 5,
        rows: Count = 1000,
    ) -> None:
        self.units, self.cell, self.step, self.nearest, self.rows = units, cell, step, nearest, rows
        self.pattern: re.Pattern[str] | None = None
        if pattern is not None:
            try:
                self.pattern = re.compile(pattern)
            except re.error as error:
                raise InputError(f"view states: pattern={pattern!r} is no regular expression: {error}.") from None

    def refusal(self, subject: Subject) -> str | None:
        """Refuse a model without recurrence."""
        return none_of(subject, "recurrent states")

    def view(self, subject: Subject, say: Say) -> View:
        """Listen to the states of each cell. Raises InputError for a cell or a step that is not there."""
        places = running(subject)
        asked = self._asked(places)
        values: dict[str, Floats | Singles] = {}
        facts: dict[str, Any] = {"states": {}, "patterns": {}, "nearest": None}
        figures: list[Figure] = []
        notes: list[str] = []
        best: dict[str, tuple[Place, str, Follower, Floats, Singles]] = {}
        rows: Cells = []
        now: Singles | None = None
        for place in places:
            say(f"states of {place.title}")
            states = heard(subject, place, place.cell.parts)
            length = len(states["h"])
            axis = subject.axis(place.path, length)
            spans, names, said = shown(axis)
            notes += [one for one in said if one not in notes]
            if place is asked:
                now = states["h"]
                self._check_step(place, length)
            pieces = pieces_of(subject, subject.side(place.path), length)
            found = {} if pieces is None else patterns(pieces, self.pattern)
            for part, value in states.items():
                thin = averaged(value, spans, 0)
                chosen = np.argsort(-value.std(0), kind="stable")[: self.units]
                path = f"{place.path}.{part}"
                flat, shares = principal(thin)
                values[path] = thin[:, chosen].astype(np.float32)
                values[f"{path}.projection"] = flat
                facts["states"][path] = {
                    "title": place.title,
                    "units": [int(unit) + 1 for unit in chosen],
                    "variance_of_projection": [float(share) for share in shares],
                }
                figures += [_heat(place, part, thin, chosen, names), _points(place, part, flat, shares, names)]
                for name, pattern in found.items():
                    for follower in followers(value, pattern, 3):
                        rows.append(_row(name, place, part, follower))
                        if name not in best or abs(follower.r) > abs(best[name][2].r):
                            best[name] = place, part, follower, pattern, value[:, follower.unit]
        facts["patterns"] = {name: _follows(*one[:3]) for name, one in best.items()}
        notes += self._said(subject, best)
        drawn: list[Figure] = []
        wished = "" if self.pattern is None else f"matches {self.pattern.pattern}"
        for name, (place, part, follower, pattern, unit) in best.items():
            if follower.beyond or name == wished:
                drawn += _followed(subject, name, place, part, follower, pattern, unit)
        if rows:
            columns = ("pattern", "cell", "unit", "r", "by chance", "beyond chance")
            rows.sort(key=lambda row: (str(row[0]), -abs(float(row[3] or 0))))
            caption = (
                "The three units of each cell that go with it most. Drawn is the best one, where chance does less."
            )
            drawn.insert(0, Table("Units that follow a pattern", columns, rows, caption))
        if subject.data is not None and now is not None:
            drawn.append(self._near(subject, asked, now, facts, notes, say))
        return View(self.name, self.about, values, facts, [*drawn, *figures], notes)

    def _asked(self, places: list[Place]) -> Place:
        """Return the cell whose state is looked for."""
        if not self.cell:
            return next((place for place in reversed(places) if place.way == "forwards"), places[-1])
        known = {place.path: place for place in places}
        if self.cell not in known:
            raise InputError(f"view states: no cell '{self.cell}' reads this row{likely(self.cell, known)}")
        return known[self.cell]

    def _check_step(self, place: Place, length: int) -> None:
        if self.step is not None and self.step > length:
            raise InputError(f"view states: step={self.step}, and {place.title} takes {length} steps on this row.")

    def _said(self, subject: Subject, best: dict[str, Any]) -> list[str]:
        """Say why a pattern that was asked for is not there."""
        if self.pattern is None or f"matches {self.pattern.pattern}" in best:
            return []
        sides = {subject.side(place.path) for place in running(subject)}
        if not any((axis := subject.axes.get(side)) is not None and axis.kind == "token" for side in sides):
            return ["This row is no text, so that no pattern can be looked for in it."]
        return [
            f"pattern={self.pattern.pattern} matches everywhere or nowhere in this row, or the row has fewer than "
            f"{LEAST} steps: no unit can be said to follow it."
        ]

    def _near(
        self, subject: Subject, place: Place, states: Singles, facts: dict[str, Any], notes: list[str], say: Say
    ) -> Table:
        """Look through the file for states near to one of the row."""
        length = len(states)
        at = (0 if place.way == "backwards" else length - 1) if self.step is None else self.step - 1
        found, compared = nearest(subject, place, torch.from_numpy(states[at]), self.nearest, self.rows, say)
        axis = subject.axis(place.path, length)
        facts["nearest"] = {
            "cell": place.path,
            "step": at + 1,
            "compared": compared,
            "states": [vars(near) for near in found],
        }
        if not found:
            notes.append(f"{subject.data}: no state of it could be compared.")
        where = f"step {at + 1} ({axis.tokens[at]})"
        rows: Cells = [[round(n.cosine, 4), n.text.replace("\n", "\\n"), n.where] for n in found]
        caption = f"By the cosine with h of {place.title} at {where}, of {compared} states of {subject.data}."
        return Table("Nearest states in the file", ("cosine", "read up to there", "where"), rows, caption)


def _row(name: str, place: Place, part: str, one: Follower) -> list[str | int | float | None]:
    said = "yes" if one.beyond else "no"
    return [name, f"{place.title}: {part}", one.unit + 1, round(one.r, 3), round(one.chance, 3), said]


def _follows(place: Place, part: str, one: Follower) -> dict[str, Any]:
    found: dict[str, Any] = {"path": f"{place.path}.{part}", "unit": one.unit + 1, "r": one.r}
    return {**found, "chance": one.chance, "beyond_chance": one.beyond}


def _heat(place: Place, part: str, thin: Floats, chosen: Any, names: list[str]) -> Heat:
    units = [str(int(unit) + 1) for unit in chosen]
    caption = "The units that vary most over the row, the most variable on top."
    return Heat(f"{place.title}: {part}", thin[:, chosen].T, units, names, "unit", "step", signed=True, caption=caption)


def _points(place: Place, part: str, flat: Floats, shares: Floats, names: list[str]) -> Points:
    axes = [f"component {number + 1} ({share:.0%} of the variance)" for number, share in enumerate(shares)]
    named = [f"{number + 1}: {name}" for number, name in enumerate(names)]
    title = f"{place.title}: {part}, projected"
    return Points(title, flat[:, 0], flat[:, 1], named, axes[0], axes[1], joined=True)


def _followed(
    subject: Subject, name: str, place: Place, part: str, one: Follower, pattern: Floats, unit: Singles
) -> list[Figure]:
    """Draw the unit that follows a pattern best: beside the pattern, and on the text itself."""
    axis = subject.axis(place.path, len(unit))
    spans, names, _ = shown(axis)
    x = np.arange(len(spans), dtype=np.float64)
    scaled = (pattern - pattern.min()) / (pattern.max() - pattern.min())
    low, high = float(unit.min()), float(unit.max())
    fitted = low + (high - low) * (scaled if one.r >= 0 else 1 - scaled)
    title = f"{name}: unit {one.unit + 1} of {place.title}, {part}"
    lines = [
        Line("the unit", x, averaged(unit[:, None], spans, 0)[:, 0]),
        Line("the pattern, in its range" + ("" if one.r >= 0 else ", turned over"), x, _at(fitted, spans)),
    ]
    said = f"r = {one.r:.2f}; by chance up to {one.chance:.2f}."
    return [Lines(title, lines, "step", part, ticks=names, caption=said), _marked(title, axis, unit)]


def _marked(title: str, axis: Axis, unit: Singles) -> Marked:
    count = min(len(unit), DRAWN)
    caption = f"The first {count} of {len(unit)} steps." if count < len(unit) else ""
    glued = all(len(token) <= 1 or token.startswith("\\") for token in axis.tokens) or axis.words is not None
    glue = [glued] * count
    return Marked(title, axis.tokens[:count], unit[:count].astype(np.float64), glue, caption=caption)


def _at(values: Floats, spans: Any) -> Floats:
    return averaged(values[:, None], spans, 0)[:, 0]
