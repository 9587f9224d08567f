"""Marked texts: tokens as strong as their weights, on a terminal, as SVG and as HTML.

Above 0 a token has a solid line below it, below 0 a dotted one, so that nobody needs to see the colours.
"""

from html import escape

import numpy as np
from rich.cells import cell_len

from seqloom.report.attention_map import SHADES
from seqloom.report.attention_svg import FONT, LINE, Label, text
from seqloom.report.figures import Floats, Marked
from seqloom.report.fitting import heading
from seqloom.report.heat_svg import FAINT, opening, width_of
from seqloom.report.heat_text import UNDER, sign
from seqloom.report.lettering import NARROW
from seqloom.report.palette import ABOVE, BELOW
from seqloom.report.terminal import visible

ACROSS = 90
"""Columns of a line of a drawing."""


def shares(marked: Marked) -> tuple[Floats, float]:
    """Return each weight as a share of the scale, from -1 to 1, NaN where there is none; and the scale."""
    weights = np.asarray(marked.weights, np.float64)
    known = np.abs(weights[np.isfinite(weights)])
    scale = marked.scale or float(known.max(initial=0.0)) or 1.0
    return (weights / scale).clip(-1.0, 1.0), scale


def lines_of(marked: Marked, width: int) -> list[list[tuple[int, int, str]]]:
    """Break a text into lines: of each token its place, the column where it begins, and how it is written."""
    glue = marked.glue if marked.glue is not None else [False] * len(marked.tokens)
    lines: list[list[tuple[int, int, str]]] = [[]]
    at = 0
    for place, (token, joined) in enumerate(zip(marked.tokens, glue, strict=True)):
        shown = visible(token)
        at += 1 if lines[-1] and not joined else 0
        if lines[-1] and at + cell_len(shown) > width:
            lines.append([])
            at = 0
        lines[-1].append((place, at, shown))
        at += cell_len(shown)
        if token.endswith("\n"):
            lines.append([])
            at = 0
    return [line for line in lines if line]


def as_text(marked: Marked, width: int) -> list[str]:
    """Return lines of tokens, each over a line of signs that say how much they weigh."""
    each, scale = shares(marked)
    lines = []
    for line in lines_of(marked, width):
        over, under = "", ""
        for place, at, shown in line:
            over += " " * (at - cell_len(over)) + shown
            under += " " * (at - len(under)) + sign(each[place]) * cell_len(shown)
        lines += [over, under.rstrip()]
    below = f", {UNDER[-1]} = {-scale:.3g}" if (each < 0).any() else ""
    return [*lines, f"darkest {SHADES[-1]} = {scale:.3g}, blank = 0{below}"]


def as_svg(marked: Marked, label: Label | None = None) -> str:
    """Return a marked text as an SVG element; a token says its weight when the pointer is over it."""
    label = label or text
    each, scale = shares(marked)
    lines = lines_of(marked, ACROSS)
    title = heading(marked.title)
    one = FONT * NARROW
    width = max([width_of(title), 200, *((line[-1][1] + cell_len(line[-1][2])) * one for line in lines)])
    high = LINE * 1.4
    parts = [*opening(title, marked.caption, width, high * (len(lines) + 2)), label(title, 0, LINE / 2, "start")]
    for row, line in enumerate(lines):
        y = high * (row + 1) + 6
        for place, at, shown in line:
            parts.append(_token(each[place], at * one, y, max(1, cell_len(shown)) * one, _said(marked, place)))
            parts.append(label(shown, at * one, y + LINE / 2, "start"))
    y = high * (len(lines) + 1) + 10
    parts.append(_token(1.0, 0, y, 40, ""))
    parts.append(label(f"{scale:.3g}", 46, y + LINE / 2, "start"))
    if (each < 0).any():
        x = 46 + width_of(f"{scale:.3g}") + 16
        parts += [_token(-1.0, x, y, 40, ""), label(f"{-scale:.3g}", x + 46, y + LINE / 2, "start")]
    return "\n".join([*parts, "</svg>"])


def as_html(marked: Marked) -> str:
    """Return a marked text as HTML, which breaks its lines where the window does and runs as its script does."""
    each, scale = shares(marked)
    glue = marked.glue if marked.glue is not None else [False] * len(marked.tokens)
    parts = []
    for place, (token, joined) in enumerate(zip(marked.tokens, glue, strict=True)):
        share = each[place]
        strong = 0.0 if np.isnan(share) else abs(share)
        way = "level" if strong < FAINT else "above" if share > 0 else "below"
        space = "" if joined or not place else " "
        mark = f'<span class="token {way}" style="--share:{strong:.3f}" title="{escape(_said(marked, place))}">'
        parts.append(f"{space}{mark}{escape(visible(token))}</span>")
        if token.endswith("\n"):
            parts.append("<br>")
        elif joined or token.endswith(" "):
            parts.append("<wbr>")
    legend = f'<span class="token above" style="--share:1">{scale:.3g}</span>'
    if (each < 0).any():
        legend += f' <span class="token below" style="--share:1">{-scale:.3g}</span>'
    return f'<p class="marked" dir="auto">{"".join(parts)}</p><p class="scale">{legend}</p>'


def _said(marked: Marked, place: int) -> str:
    weight = marked.weights[place]
    return f"{visible(marked.tokens[place])}: {'none' if np.isnan(weight) else f'{weight:.4g}'}"


def _token(share: float, x: float, y: float, wide: float, said: str) -> str:
    """Draw what lies behind a token, and the line below it."""
    strong = 0.0 if np.isnan(share) else abs(share)
    colour, way = (BELOW, "below") if share < 0 else (ABOVE, "above")
    told = f"<title>{escape(said)}</title>" if said else ""
    box = f'x="{x:.1f}" y="{y:g}" width="{wide:.1f}" height="{LINE}"'
    behind = f'<rect {box} class="{way}" fill="{colour}" fill-opacity="{strong * 0.6:.3f}">{told}</rect>'
    if strong < FAINT:
        return behind
    dots = ' stroke-dasharray="2 2"' if share < 0 else ""
    line = f'<path d="M{x:.1f} {y + LINE:g}h{wide:.1f}" stroke="{colour}" stroke-width="{1 + 2 * strong:.1f}"{dots}/>'
    return behind + line
