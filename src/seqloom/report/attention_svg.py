"""Attention maps as SVG: one drawing for pages and for pictures.

Presentation attributes give the light colours; a page overrides them by the classes `map`, `cell` and `frame`.
"""

from collections.abc import Callable
from html import escape

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from seqloom.report.attention_map import AttentionMap
from seqloom.report.terminal import visible

CELL, FONT, GAP, LINE, EDGE = 20, 14, 28, 22, 8
"""Pixels: the side of a cell, the height of letters, what lies between panels, a line of title, and the edge."""
LEGEND = 120
"""Pixels across what says the meaning of the shades."""
ACROSS = 1100
"""Panels stand side by side up to this width."""
INK, PAPER, BLUE, GREY = "#1f2328", "#ffffff", "#1a56a8", "#d5d9de"
FAMILY = "'DejaVu Sans Mono', 'Noto Sans Mono CJK KR', 'NanumGothicCoding', 'D2Coding', monospace"
LONGEST = 24
"""Letters of a token that a label shows."""

Label = Callable[[str, float, float, str], str]
"""Draws a text at x and the middle of its letters y, anchored at its start, middle or end."""


def as_svg(drawn: AttentionMap, label: Label | None = None) -> str:
    """Return a map as an SVG element: the mean over heads, then each head where there are several.

    A cell is as dark as its weight is large beside the panel's largest, and says both tokens and the weight when the
    pointer is over it. `label` draws texts; by default they are text elements, whose font the reader's machine has.
    """
    label = label or text
    panels = [(drawn.name, drawn.mean)]
    if len(drawn.heads) > 1:
        panels += [(f"head {number + 1}", head) for number, head in enumerate(drawn.heads)]
    source, target = [_short(one) for one in drawn.source], [_short(one) for one in drawn.target]
    left = max(map(_wide, target), default=0) + 10
    stands = any(cell_len(one) > 2 for one in source)  # labels of several letters stand upright
    top = LINE + (max(map(_wide, source), default=0) if stands else FONT) + 10
    panel = max(left + max(CELL * len(source), LEGEND), max(_wide(name) for name, _ in panels)) + 10
    high = top + CELL * len(target) + LINE
    side = max(1, min(len(panels), (ACROSS + GAP) // (panel + GAP)))
    width, height = side * (panel + GAP) - GAP, -(-len(panels) // side) * (high + GAP) - GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" aria-label="{escape(drawn.name)}" '
        f'width="{width + 2 * EDGE}" height="{height + 2 * EDGE}" '
        f'viewBox="{-EDGE} {-EDGE} {width + 2 * EDGE} {height + 2 * EDGE}" '
        f'font-family="{FAMILY}" font-size="{FONT}" fill="{INK}">'
    ]
    for place, (name, weights) in enumerate(panels):
        x, y = place % side * (panel + GAP), place // side * (high + GAP)
        parts.append(f'<g transform="translate({x} {y})">')
        parts.append(label(name, 0, LINE / 2, "start"))
        for column, token in enumerate(source):
            middle = left + CELL * (column + 0.5)
            if stands:
                upright = label(token, 0, 0, "start")
                parts.append(f'<g transform="translate({middle:g} {top - 6}) rotate(-90)">{upright}</g>')
            else:
                parts.append(label(token, middle, top - FONT / 2 - 4, "middle"))
        for row, token in enumerate(target):
            parts.append(label(token, left - 6, top + CELL * (row + 0.5), "end"))
        parts += _cells(drawn, weights, left, top)
        parts += [_legend(weights, left, top + CELL * len(target) + 6, label), "</g>"]
    return "\n".join([*parts, "</svg>"])


def text(words: str, x: float, y: float, anchor: str) -> str:
    """Draw a text with whatever font the reader has."""
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y + FONT * 0.35:g}"{at} xml:space="preserve">{escape(words)}</text>'


def _cells(drawn: AttentionMap, weights: NDArray[np.float64], left: float, top: float) -> list[str]:
    most = weights.max(initial=0.0) or 1.0
    wide, high = CELL * len(drawn.source), CELL * len(drawn.target)
    parts = [f'<g fill="{BLUE}" class="cell">']
    for (row, column), weight in np.ndenumerate(weights):
        said = f"{visible(drawn.target[row])} ← {visible(drawn.source[column])}: {weight:.3f}"
        parts.append(
            f'<rect x="{left + CELL * column:g}" y="{top + CELL * row:g}" width="{CELL}" height="{CELL}" '
            f'fill-opacity="{weight / most:.3f}"><title>{escape(said)}</title></rect>'
        )
    frame = f'<rect x="{left:g}" y="{top:g}" width="{wide}" height="{high}" fill="none" stroke="{GREY}" class="frame"/>'
    return [*parts, "</g>", frame]


def _legend(weights: NDArray[np.float64], left: float, y: float, label: Label) -> str:
    """Draw what the shades mean: from 0 to the panel's largest weight."""
    parts = [label("0", left, y + 6, "start"), f'<g fill="{BLUE}" class="cell">']
    for step in range(5):
        parts.append(
            f'<rect x="{left + 14 + 12 * step:g}" y="{y:g}" width="12" height="12" fill-opacity="{step / 4}"/>'
        )
    box = f'<rect x="{left + 14:g}" y="{y:g}" width="60" height="12" fill="none" stroke="{GREY}" class="frame"/>'
    return "\n".join([*parts, "</g>", box, label(f"{weights.max(initial=0.0):.2f}", left + 80, y + 6, "start")])


def _short(token: str) -> str:
    shown = visible(token)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _wide(words: str) -> int:
    """Return about how many pixels a text takes."""
    return round(cell_len(words) * FONT * 0.62)
