"""Heat maps as SVG: a rectangle for each cell, or one picture of pixels where the cells are many.

The colour says how strong, a bar across a cell that it lies below 0, a slanted line that there is no value.
"""

import base64
from html import escape

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from seqloom.report.attention_svg import EDGE, FAMILY, FONT, GREY, INK, LEGEND, LINE, Label, text
from seqloom.report.figures import Heat
from seqloom.report.fitting import clip, heading, middle_cut, readable
from seqloom.report.lettering import NARROW
from seqloom.report.palette import ABOVE, BELOW, NONE
from seqloom.report.png import encoded
from seqloom.report.shades import Shades, pooled_names, shades

CELL, WIDE, HIGH = 20, 1000, 640
"""Pixels: the side of a cell at most, and of a grid of many."""
DRAWN = 900
"""Cells up to which each is a rectangle of its own."""
FAINT = 0.05
"""Share of the scale from which a cell below 0 has its bar, and a token its line."""
APART = 15
"""Pixels between two names at least."""
LONGEST, BEFORE = 24, 44
"""Letters of the name of a column and of a row."""


def as_svg(heat: Heat, label: Label | None = None) -> str:
    """Return a heat map as an SVG element; a cell says its row, column and value when the pointer is over it.

    `label` draws texts; by default they are text elements, whose font the reader's machine has.
    """
    label = label or text
    drawn = shades(heat, HIGH, WIDE)
    high, wide = drawn.values.shape
    side = max(1, min(CELL, WIDE // max(1, wide))), max(1, min(CELL, HIGH // max(1, high)))
    rows = pooled_names([middle_cut(readable(one), BEFORE) for one in heat.rows], drawn.by[0])
    columns = pooled_names([clip(readable(one), LONGEST) for one in heat.columns], drawn.by[1])
    left = max(map(width_of, rows), default=0) + 10 + (LINE if heat.row_name else 0)
    stands = any(width_of(one) > side[0] for one in columns)
    top = LINE + (LINE if heat.column_name else 0) + (max(map(width_of, columns), default=0) if stands else FONT) + 10
    across, down = side[0] * wide, side[1] * high
    title = heading(heat.title)
    width = max(left + max(across, LEGEND), width_of(title)) + 10
    height = top + down + LINE + 8
    parts = [*opening(title, heat.caption, width, height), label(title, 0, LINE / 2, "start")]
    if heat.column_name:
        parts.append(label(readable(heat.column_name), left, LINE * 1.5, "start"))
    if heat.row_name:
        upright = label(readable(heat.row_name), 0, 0, "end")
        parts.append(f'<g transform="translate({FONT / 2:g} {top}) rotate(-90)">{upright}</g>')
    for place in range(0, wide, -(-APART // side[0])):
        middle = left + side[0] * (place + 0.5)
        if stands:
            turned = label(columns[place], 0, 0, "start")
            parts.append(f'<g transform="translate({middle:g} {top - 6}) rotate(-90)">{turned}</g>')
        else:
            parts.append(label(columns[place], middle, top - FONT / 2 - 4, "middle"))
    for place in range(0, high, -(-APART // side[1])):
        parts.append(label(rows[place], left - 6, top + side[1] * (place + 0.5), "end"))
    draw = _cells if high * wide <= DRAWN else _pixels
    parts += draw(heat, drawn, left, top, side)
    frame = f'width="{across}" height="{down}" fill="none" stroke="{GREY}" class="frame"'
    parts.append(f'<rect x="{left}" y="{top}" {frame}/>')
    return "\n".join([*parts, *_legend(drawn, heat.signed, left, top + down + 8, label), "</svg>"])


def opening(title: str, caption: str, width: float, height: float) -> list[str]:
    """Return the beginning of a drawing: the SVG element, and what it is for who cannot see it."""
    about = f"<desc>{escape(caption)}</desc>" if caption else ""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" aria-label="{escape(title)}" '
        f'width="{width + 2 * EDGE:g}" height="{height + 2 * EDGE:g}" '
        f'viewBox="{-EDGE} {-EDGE} {width + 2 * EDGE:g} {height + 2 * EDGE:g}" '
        f'font-family="{FAMILY}" font-size="{FONT}" fill="{INK}">{about}'
    ]


def width_of(words: str) -> int:
    """Return about how many pixels a text takes."""
    return round(cell_len(words) * FONT * NARROW)


def remarks(heat: Heat) -> list[str]:
    """Say what is drawn together because there is too much of it."""
    down, across = shades(heat, HIGH, WIDE).by
    if down == across == 1:
        return []
    return [f"Each cell drawn is the mean of {down} rows by {across} columns."]


def _cells(heat: Heat, drawn: Shades, left: float, top: float, side: tuple[int, int]) -> list[str]:
    """Draw a rectangle for each cell: those above 0, those below, and those without a value."""
    wide, high = side
    above, below, none, lines = [], [], [], []
    for (row, column), share in np.ndenumerate(drawn.shares):
        x, y = left + wide * column, top + high * row
        said = f"<title>{escape(told(heat, drawn, row, column))}</title>"
        box = f'<rect x="{x:g}" y="{y:g}" width="{wide}" height="{high}" fill-opacity="'
        if np.isnan(share):
            none.append(f'{box}0">{said}</rect>')
            lines.append(f'<path d="M{x:g} {y + high:g}l{wide} {-high}" stroke="{NONE}"/>')
        elif share < 0:
            below.append(f'{box}{-share:.3f}">{said}</rect>')
            if share <= -FAINT:
                line = f"M{x + wide * 0.25:g} {y + high / 2:g}h{wide / 2:g}"
                lines.append(f'<path d="{line}" class="ink" stroke="{INK}"/>')
        else:
            above.append(f'{box}{share:.3f}">{said}</rect>')
    kinds = (above, f' fill="{ABOVE}"'), (below, f' fill="{BELOW}"'), (none, ""), (lines, ' pointer-events="none"')
    found = [line for some, look in kinds if some for line in (f"<g{look}>", *some, "</g>")]
    return ['<g class="grid">', *found, "</g>"]


def told(heat: Heat, drawn: Shades, row: int, column: int) -> str:
    """Return what a cell says: its row, its column and its value."""
    names = readable(heat.rows[row * drawn.by[0]]), readable(heat.columns[column * drawn.by[1]])
    value = drawn.values[row, column]
    return f"{names[0]} × {names[1]}: {'none' if np.isnan(value) else f'{value:.4g}'}"


def _pixels(heat: Heat, drawn: Shades, left: float, top: float, side: tuple[int, int]) -> list[str]:
    """Draw all cells as one picture, see-through where values are weak."""
    data = base64.b64encode(encoded(pixels(drawn.shares, side))).decode()
    high, wide = drawn.shares.shape
    box = f'x="{left:g}" y="{top:g}" width="{wide * side[0]}" height="{high * side[1]}"'
    return [f'<image {box} class="grid" style="image-rendering: pixelated" href="data:image/png;base64,{data}"/>']


def pixels(shares: NDArray[np.float64], side: tuple[int, int]) -> NDArray[np.uint8]:
    """Return shares [rows, columns] as pixels [height, width, 4], each cell of so many across and down."""
    wide, high = side
    made = np.zeros((*shares.shape, 4), np.uint8)
    for colour, of in ((ABOVE, shares >= 0), (BELOW, shares < 0)):
        made[of, :3] = _rgb(colour)
    made[..., 3] = np.rint(np.abs(np.nan_to_num(shares)) * 255)
    made = made.repeat(high, 0).repeat(wide, 1)
    if wide >= 4 and high >= 4:
        line = np.zeros((high, wide), bool)
        line[high // 2, 1 : wide - 1] = True
        made[np.kron(shares <= -FAINT, line)] = (*_rgb(INK), 255)
    slant = np.fromfunction(lambda y, x: (x + y) % 4 == 0, made.shape[:2])
    made[np.isnan(shares).repeat(high, 0).repeat(wide, 1) & slant] = (*_rgb(NONE), 255)
    return made


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _legend(drawn: Shades, signed: bool, left: float, y: float, label: Label) -> list[str]:
    """Draw what the shades mean, from one end of the scale to the other."""
    steps = [-1.0, -0.5, 0.0, 0.5, 1.0] if signed else [0.0, 0.25, 0.5, 0.75, 1.0]
    low, high = f"{drawn.low:.3g}", f"{drawn.high:.3g}"
    start = left + width_of(low) + 6
    parts = [label(low, left, y + 6, "start")]
    for place, share in enumerate(steps):
        x = start + 12 * place
        colour = f'class="below" fill="{BELOW}"' if share < 0 else f'class="above" fill="{ABOVE}"'
        parts.append(f'<rect x="{x:g}" y="{y:g}" width="12" height="12" {colour} fill-opacity="{abs(share)}"/>')
        if share < 0:
            parts.append(f'<path d="M{x + 3:g} {y + 6:g}h6" class="ink" stroke="{INK}"/>')
    box = f'<rect x="{start:g}" y="{y:g}" width="60" height="12" fill="none" stroke="{GREY}" class="frame"/>'
    parts += [box, label(high, start + 66, y + 6, "start")]
    if np.isnan(drawn.shares).any():
        x = start + 66 + width_of(high) + 16
        parts.append(f'<path d="M{x:g} {y + 12:g}l12 -12" stroke="{NONE}"/>')
        parts.append(label("none", x + 18, y + 6, "start"))
    return parts
