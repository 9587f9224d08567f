"""Every kind of figure drawn: as text for a terminal, as SVG, as PNG."""

import re
import textwrap
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seqloom.report import (
    chart,
    chart_svg,
    hangul_font,
    heat_svg,
    heat_text,
    interval_text,
    line_chart,
    look_svg,
    marked,
    pictures_svg,
    plot_text,
    shaded_text,
    table_svg,
    tree_svg,
    tree_text,
)
from seqloom.report.attention_picture import drawn_png
from seqloom.report.attention_svg import LINE, PAPER, Label, text
from seqloom.report.figures import Bars, Figure, Heat, Intervals, Lines, Marked, Pictures, Points, Shaded, Table, Tree
from seqloom.report.fitting import heading
from seqloom.report.vega import drawable

NOTHING = "There is nothing to draw."

Say = Callable[[str], None]


def as_text(figure: Figure, width: int = 100) -> str:
    """Return a figure as lines for a terminal of so many columns: its title, what it shows, its caption."""
    lines = [heading(figure.title)] if figure.title else []
    lines += [NOTHING] if empty(figure) else _text(figure, max(20, width))
    said = chart.remarks(figure) if isinstance(figure, chart.Charted) else []
    for words in (figure.caption, *said):
        lines += textwrap.wrap(words, width)
    return "\n".join(line.rstrip() for line in lines)


def as_svg(figure: Figure, label: Label | None = None) -> str:
    """Return a figure as an SVG element of its own file: it lies on white paper, and Hangul in it has its font with it.

    Raises ResourceError for lines, bars and points where the program that draws them is not installed.
    """
    svg = drawn_svg(figure, label)
    at = svg.index(">") + 1
    left, top = re.findall(r'viewBox="(\S+) (\S+)', svg[:at])[0]
    paper = f'<rect x="{left}" y="{top}" width="100%" height="100%" fill="{PAPER}"/>'
    font = hangul_font.face(svg)
    style = f"<style>{font} text {{ font-family: {KOREAN}; }}</style>" if font else ""
    return f"{svg[:at]}{style}{paper}{svg[at:]}"


KOREAN = (
    "'DejaVu Sans Mono', 'Noto Sans Mono CJK KR', 'NanumGothicCoding', 'D2Coding', 'Apple SD Gothic Neo', "
    f"'Malgun Gothic', 'Noto Sans CJK KR', 'Noto Sans KR', '{hangul_font.NAME}', monospace"
)
"""Fonts that have Hangul, before the one that a drawing brings with it."""


def drawn_svg(figure: Figure, label: Label | None = None) -> str:
    """Return a figure as an SVG element whose texts have the fonts of the page it stands in. Raises as `as_svg`."""
    if empty(figure):
        return _nothing(figure, label or text)
    match figure:
        case Lines() | Bars() | Intervals() | Points():
            return chart_svg.as_svg(chart.chart(figure))
        case Heat():
            return heat_svg.as_svg(figure, label)
        case Marked():
            return marked.as_svg(figure, label)
        case Tree():
            return tree_svg.as_svg(figure, label)
        case Pictures():
            return pictures_svg.as_svg(figure, label)
        case Shaded():
            return look_svg.as_svg(replace(figure.look, title=heading(figure.title)), label)
        case Table():
            return table_svg.as_svg(figure, label)


def as_png(figure: Figure, say: Say = lambda note: None) -> bytes:
    """Return a figure as a PNG. `say` hears of letters that this machine has no font for.

    Raises ResourceError where the program that draws, vl-convert-python, is not installed.
    """
    if isinstance(figure, chart.Charted) and not empty(figure):
        return chart_svg.as_png(chart.chart(figure), say)
    return drawn_png(lambda label: drawn_svg(figure, label), say)


def empty(figure: Figure) -> bool:
    """Say whether there is nothing in a figure to draw."""
    match figure:
        case Lines():
            return not any(line_chart.placed(figure, line).any() for line in figure.lines)
        case Bars():
            return not len(figure.names)
        case Intervals():
            return not np.isfinite(figure.values).any()
        case Points():
            return not (np.isfinite(drawable(figure.x, figure.x_scale)) & np.isfinite(figure.y)).any()
        case Heat():
            return not (len(figure.rows) and len(figure.columns))
        case Marked():
            return not len(figure.tokens)
        case Tree():
            return not len(figure.nodes)
        case Table():
            return not len(figure.rows)
        case Pictures():
            return not len(figure.pictures)
        case Shaded():
            return False


def remarks(figure: Figure) -> list[str]:
    """Say what a drawing of a figure leaves out, and how to read what needs no colour."""
    if empty(figure):
        return []
    match figure:
        case Lines() | Bars() | Intervals() | Points():
            return chart.remarks(figure)
        case Heat():
            return heat_svg.remarks(figure)
        case Tree():
            return tree_svg.remarks(figure)
        case _:
            return []


def _text(figure: Figure, width: int) -> list[str]:
    match figure:
        case Lines():
            return plot_text.of_lines(figure, width)
        case Bars():
            return plot_text.of_bars(figure, width)
        case Intervals():
            return interval_text.as_text(figure, width)
        case Points():
            return plot_text.of_points(figure, width)
        case Heat():
            return heat_text.as_text(figure, width)
        case Marked():
            return marked.as_text(figure, width)
        case Tree():
            return tree_text.as_text(figure, width)
        case Pictures():
            return pictures_svg.as_text(figure)
        case Shaded():
            return shaded_text.as_text(figure.look, width)
        case Table():
            return table_svg.as_text(figure)


def _nothing(figure: Figure, label: Label) -> str:
    title = heading(figure.title)
    width = max(map(heat_svg.width_of, (title, NOTHING)))
    parts = [*heat_svg.opening(title, figure.caption, width, LINE * 2), label(title, 0, LINE / 2, "start")]
    return "\n".join([*parts, label(NOTHING, 0, LINE * 1.5, "start"), "</svg>"])
