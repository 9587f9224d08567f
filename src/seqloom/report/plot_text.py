"""Lines, bars and points on a terminal: a letter for each line or group, beside the numbers themselves."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.cells import cell_len

from seqloom.report.bar_chart import labels
from seqloom.report.figures import Bars, Floats, Lines, Points
from seqloom.report.fitting import cut, heading, left, middle_cut, readable, right
from seqloom.report.palette import LETTERS
from seqloom.report.terminal import EIGHTHS

HIGH = 14
"""Lines of text that a plot takes."""
LISTED = 24
"""Points up to which each is told with its numbers."""
BARS = 60
"""Bars that are told; of more, the longest ones."""
BOTH = "#"
"""Where several lines or groups meet."""


def of_lines(figure: Lines, width: int) -> list[str]:
    """Return a plot of lines, then how each begins, ends, and its least and most."""
    drawn = [(np.asarray(line.x, float), np.asarray(line.y, float)) for line in figure.lines]
    x_log, y_log = figure.x_scale == "log", figure.y_scale == "log"
    plot = _Plot([x for x, _ in drawn], [y for _, y in drawn], width, (x_log, y_log))
    for at, _ in figure.marks:
        plot.upright(at)
    for number, (x, y) in enumerate(drawn):
        plot.line(x, y, _letter(number, len(drawn)))
    lines = plot.lines(heading(figure.x), heading(figure.y), figure.ticks)
    wide = max((cell_len(readable(line.name)) for line in figure.lines), default=0)
    for number, line in enumerate(figure.lines):
        known = np.asarray(line.y, float)[np.isfinite(line.y)]
        told = "no numbers"
        if known.size:
            told = f"first {known[0]:.4g}  last {known[-1]:.4g}  least {known.min():.4g}  most {known.max():.4g}"
        name = left(readable(line.name), min(wide, width // 2))
        lines.append(cut(f"{_letter(number, len(drawn))} {name}  {told}", width))
    lines += [f"│ at {readable(figure.x)} {at:.4g}: {readable(words)}" for at, words in figure.marks]
    if any(line.low is not None for line in figure.lines):
        lines.append("the bands around lines are left out here; a page or picture shows them")
    return lines


def of_points(figure: Points, width: int) -> list[str]:
    """Return a plot of points, then each with its numbers where they are few."""
    groups = list(dict.fromkeys(figure.groups or ()))
    x, y = np.asarray(figure.x, float), np.asarray(figure.y, float)
    plot = _Plot([x], [y], width, (figure.x_scale == "log", False))
    letters = [_letter(groups.index(one), len(groups)) for one in figure.groups or ()] or ["•"] * len(x)
    for one, other, sign in zip(x, y, letters, strict=True):
        plot.line(np.array([one]), np.array([other]), sign)
    lines = plot.lines(readable(figure.x_name or "x"), readable(figure.y_name or "y"), None)
    if len(groups) > 1:
        lines += [f"{_letter(number, len(groups))} {readable(name)}" for number, name in enumerate(groups)]
    if len(x) <= LISTED:
        wide = max(cell_len(readable(name)) for name in figure.names)
        for place, (name, one, other, sign) in enumerate(zip(figure.names, x, y, letters, strict=True)):
            told = f"{one:.4g}, {other:.4g}"
            if figure.low is not None and figure.high is not None and np.isfinite(figure.low[place]):
                told += f" [{figure.low[place]:.4g}, {figure.high[place]:.4g}]"
            lines.append(cut(f"{sign} {left(readable(name), wide)}  {told}", width))
        if figure.steps:
            lines.append(f"on the front: {', '.join(readable(figure.names[place]) for place in figure.steps)}")
    else:
        lines.append(f"{len(x)} points; a page or picture says which is which")
    return lines


def of_bars(figure: Bars, width: int) -> list[str]:
    """Return a line for each bar: its name, its length from 0, its value and the ends of its interval."""
    names = [cut(middle_cut(name, width // 3), width // 3) for name in labels(figure)]
    values = np.asarray(figure.values, float)
    if len(values) > BARS:
        order = np.argsort(-np.abs(np.nan_to_num(values)), kind="stable")[:BARS]
        lines = of_bars(_picked(figure, sorted(order.tolist())), width)
        return [*lines, f"the {BARS} longest of {len(values)} bars"]
    wide = max(map(cell_len, names))
    told = [_told(figure, place) for place in range(len(values))]
    room = max(8, width - wide - max(map(len, told)) - 4)
    known = values[np.isfinite(values)]
    low, high = min(0.0, known.min(initial=0.0)), max(0.0, known.max(initial=0.0))
    zero = round(room * -low / ((high - low) or 1.0))
    lines = [readable(figure.y)] if figure.y else []
    for name, value, said in zip(names, values, told, strict=True):
        bar = " " * zero
        if np.isfinite(value) and value >= 0:
            full, part = divmod(round(value / ((high - low) or 1.0) * room * 8), 8)
            bar += "█" * full + (EIGHTHS[part] if part else "")
        elif np.isfinite(value):
            full = min(zero, round(-value / (high - low) * room))
            bar = " " * (zero - full) + "▒" * full
        lines.append(f"{right(name, wide)} │{left(bar, room + 1)} {said}".rstrip())
    return lines


def _picked(figure: Bars, places: list[int]) -> Bars:
    """Return some of the bars."""
    groups = None if figure.groups is None else [figure.groups[place] for place in places]
    low, high = (None if one is None else np.asarray(one)[places] for one in (figure.low, figure.high))
    names, values = [figure.names[place] for place in places], np.asarray(figure.values, float)[places]
    return replace(figure, names=names, values=values, low=low, high=high, groups=groups)


def _told(figure: Bars, place: int) -> str:
    value = figure.values[place]
    said = "none" if np.isnan(value) else f"{value:.4g}"
    if figure.low is not None and figure.high is not None and np.isfinite(value):
        said += f" [{figure.low[place]:.4g}, {figure.high[place]:.4g}]"
    return said


def _letter(number: int, count: int) -> str:
    return "•" if count == 1 else LETTERS[number % len(LETTERS)]


class _Plot:
    """A grid of signs over the ranges of x and y."""

    def __init__(self, xs: Sequence[Floats], ys: Sequence[Floats], width: int, log: tuple[bool, bool]) -> None:
        """Find the ranges of all values that have a place on the scales; there must be one."""
        self.log = log
        pairs = [self._placed(x, y) for x, y in zip(xs, ys, strict=True)]
        all_x = np.concatenate([x[np.isfinite(x + y)] for x, y in pairs] or [np.zeros(0)])
        all_y = np.concatenate([y[np.isfinite(x + y)] for x, y in pairs] or [np.zeros(0)])
        self.ends = float(all_x.min()), float(all_x.max()), float(all_y.min()), float(all_y.max())
        self.margin = max(len(self._said(end, 1)) for end in self.ends[2:])
        self.wide = max(10, width - self.margin - 2)
        self.grid = [[" "] * self.wide for _ in range(HIGH)]

    def line(self, x: Floats, y: Floats, sign: str) -> None:
        """Draw a line between neighbours that both have a place."""
        x, y = self._placed(x, y)
        last: tuple[int, int] | None = None
        for one, other in zip(x, y, strict=True):
            if not np.isfinite(one + other):
                last = None
                continue
            here = self._at(one, 0, self.wide), HIGH - 1 - self._at(other, 2, HIGH)
            many = abs(here[0] - last[0]) if last else 0
            for step in range(many + 1) if last and many else [0]:
                part = 1.0 if not last or not many else step / many
                start = last or here
                column, row = (round(a + (b - a) * part) for a, b in ((start[0], here[0]), (start[1], here[1])))
                there = self.grid[row][column]
                self.grid[row][column] = sign if there in (" ", "│", sign) else BOTH
            last = here

    def upright(self, at: float) -> None:
        """Draw an upright line at an x, where it lies within the range."""
        (x,), _ = self._placed(np.array([at]), np.array([1.0]))
        if self.ends[0] <= x <= self.ends[1]:
            for row in self.grid:
                row[self._at(x, 0, self.wide)] = "│"

    def lines(self, x_name: str, y_name: str, ticks: Sequence[str] | None) -> list[str]:
        """Return the grid with its axes."""
        lines = [y_name] if y_name else []
        for row, signs in enumerate(self.grid):
            end = self._said(self.ends[3], 1) if not row else self._said(self.ends[2], 1) if row == HIGH - 1 else ""
            lines.append(f"{end:>{self.margin}} │{''.join(signs)}".rstrip())
        lines.append(f"{' ' * self.margin} └{'─' * self.wide}")
        if ticks is None:
            low, high = (self._said(end, 0) for end in self.ends[:2])
            middle = f"{x_name} {'(log)' if self.log[0] else ''}".strip()
            space = max(1, self.wide - len(low) - len(high) - cell_len(middle))
            between = f"{' ' * (space // 2)}{middle}{' ' * (space - space // 2)}"
            lines.append(f"{' ' * (self.margin + 2)}{low}{between}{high}" if low != high else f"  {x_name} {low}")
        else:
            lines.append(" " * (self.margin + 2) + self._ticks(ticks))
        return lines

    def _ticks(self, ticks: Sequence[str]) -> str:
        """Write as many names below their places as have room."""
        line = ""
        for place, tick in enumerate(ticks):
            if self.ends[0] <= place <= self.ends[1]:
                at = self._at(float(place), 0, self.wide)
                shown = cut(readable(tick), 12)
                if at >= cell_len(line) + (1 if line else 0) and at + cell_len(shown) <= self.wide + 8:
                    line += " " * (at - cell_len(line)) + shown
        return line

    def _placed(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return values as their places on the scales, NaN where they have none."""
        made = []
        for values, log in ((x, self.log[0]), (y, self.log[1])):
            array = np.where(np.isfinite(values) & ((values > 0) | (not log)), values, np.nan)
            made.append(np.log10(array) if log else array)
        return made[0], made[1]

    def _at(self, value: float, end: int, size: int) -> int:
        low, high = self.ends[end], self.ends[end + 1]
        return round((value - low) / (high - low) * (size - 1)) if high > low else 0 if not end else size // 2

    def _said(self, end: float, axis: int) -> str:
        return f"{10**end if self.log[axis] else end:.4g}"
