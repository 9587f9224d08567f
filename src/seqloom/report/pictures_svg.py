"""Pictures side by side as SVG, each with lines of text below it; on a terminal their texts alone."""

import base64
from html import escape

import numpy as np

from seqloom.report.attention_svg import FONT, GREY, LINE, Label, text
from seqloom.report.figures import Pictures
from seqloom.report.fitting import clip, heading, readable
from seqloom.report.heat_svg import opening, width_of
from seqloom.report.look import Look
from seqloom.report.png import encoded

SIDE, GAP, ACROSS = 128, 24, 6
"""Pixels: the longer side of a picture at least, and what lies between two; pictures in a row."""
LETTERS = 30
"""Letters of a line below a picture."""


def as_svg(figure: Pictures, label: Label | None = None) -> str:
    """Return pictures as an SVG element. `label` draws texts; by default they are text elements."""
    label = label or text
    drawn = [Look(one, np.ones((1, 1, 1)), [""]).pixels for one in figure.pictures]
    lines = [[clip(readable(part), LETTERS) for part in name.split("\n")] for name in figure.names]
    scale = max(1, -(-SIDE // max(max(one.shape[:2]) for one in drawn)))
    high, wide = (scale * max(one.shape[side] for one in drawn) for side in (0, 1))
    step = max(wide, *(width_of(part) for name in lines for part in name)) + GAP
    below = LINE * max(map(len, lines))
    across = min(ACROSS, len(drawn))
    title = heading(figure.title)
    width = max(across * step - GAP, width_of(title))
    height = LINE + -(-len(drawn) // across) * (high + below + GAP)
    parts = [*opening(title, figure.caption, width, height), label(title, 0, LINE / 2, "start")]
    for place, (pixels, name) in enumerate(zip(drawn, lines, strict=True)):
        x, y = place % across * step, LINE + place // across * (high + below + GAP)
        shown = pixels.repeat(scale, 0).repeat(scale, 1)
        data = base64.b64encode(encoded(shown)).decode()
        size = f'width="{shown.shape[1]}" height="{shown.shape[0]}"'
        said = f"<title>{escape(readable(figure.names[place]))}</title>"
        parts.append(f'<g transform="translate({x} {y})">')
        parts.append(f'<image {size} href="data:image/png;base64,{data}">{said}</image>')
        parts.append(f'<rect {size} fill="none" stroke="{GREY}" class="frame"/>')
        parts += [label(part, 0, high + LINE * (at + 0.5) + FONT / 4, "start") for at, part in enumerate(name)]
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"])


def as_text(figure: Pictures) -> list[str]:
    """Return what stands below each picture, a line each."""
    return [", ".join(readable(part) for part in name.split("\n")) for name in figure.names]
