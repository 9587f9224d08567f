"""Looks as SVG: the picture, then once more for each word, bright where the model looked for it (Xu et al. 2015,
arXiv:1502.03044, figures 2 and 3)."""

import base64
from collections.abc import Callable, Sequence
from html import escape

from rich.cells import cell_len

from seqloom.report.attention_page import label, page
from seqloom.report.attention_picture import drawn_png
from seqloom.report.attention_svg import EDGE, FAMILY, FONT, GREY, INK, LINE, Label, text
from seqloom.report.fitting import readable
from seqloom.report.look import Look
from seqloom.report.png import encoded

SIDE, GAP = 128, 14
"""Pixels: the longer side of a panel at least, and what lies between panels."""
ACROSS = 6
"""Panels in a row."""
LETTERS = 20
"""Letters of a word that a label shows."""
LEGEND = (
    "The first picture is what the model read. Each other one is of a word that it wrote: the brighter a place, the "
    "more the model looked there. Hold the pointer over a place for its weight."
)


def as_svg(look: Look, label: Label | None = None) -> str:
    """Return a look as an SVG element; a place says its word and weight when the pointer is over it.

    `label` draws texts; by default they are text elements, whose font the reader's machine has.
    """
    label = label or text
    scale = max(1, -(-SIDE // max(look.pixels.shape[:2])))
    high, wide = (scale * side for side in look.pixels.shape[:2])
    names = ["", *(readable(word) for word in look.words)]
    step = max(wide, max(round(cell_len(_short(name)) * FONT * 0.62) for name in names)) + GAP
    across = min(ACROSS, len(names))
    down = -(-len(names) // across)
    width = max(across * step - GAP, round(cell_len(look.title) * FONT * 0.62))
    height = LINE + down * (high + LINE + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" aria-label="{escape(look.title)}" '
        f'width="{width + 2 * EDGE}" height="{height + 2 * EDGE}" '
        f'viewBox="{-EDGE} {-EDGE} {width + 2 * EDGE} {height + 2 * EDGE}" '
        f'font-family="{FAMILY}" font-size="{FONT}" fill="{INK}">',
        label(look.title, 0, LINE / 2, "start"),
    ]
    for place, name in enumerate(names):
        x, y = place % across * step, LINE + place // across * (high + LINE + GAP)
        pixels = look.pixels.repeat(scale, 0).repeat(scale, 1) if not place else look.shaded(place - 1, scale)
        data = base64.b64encode(encoded(pixels)).decode()
        parts.append(f'<g transform="translate({x} {y})">')
        parts.append(f'<image width="{wide}" height="{high}" href="data:image/png;base64,{data}"/>')
        parts += _places(look, place - 1, wide, high) if place else []
        parts.append(f'<rect width="{wide}" height="{high}" fill="none" stroke="{GREY}" class="frame"/>')
        parts += [label(_short(name), 0, high + LINE / 2, "start")] if name else []
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"])


def as_page(looks: Sequence[Look], title: str, about: str = "") -> str:
    """Return looks as a whole HTML page under a title and a paragraph, which opens without a network."""
    return page([as_svg(one, label) for one in looks], title, f"{about} {LEGEND}" if about else LEGEND)


def as_png(look: Look, say: Callable[[str], None] = lambda note: None) -> bytes:
    """Return a look as a PNG. `say` hears of letters that this machine has no font for.

    Raises ResourceError where the program that draws, vl-convert-python, is not installed.
    """
    return drawn_png(lambda letters: as_svg(look, letters), say)


def _places(look: Look, word: int, wide: int, high: int) -> list[str]:
    """Return a rectangle for each place, which nobody sees but the pointer."""
    rows, columns = look.weights.shape[1:]
    parts = ['<g fill="#000" fill-opacity="0">']
    for row in range(rows):
        for column in range(columns):
            said = f"{readable(look.words[word])}: {look.weights[word, row, column]:.3f}"
            parts.append(
                f'<rect x="{column * wide / columns:g}" y="{row * high / rows:g}" width="{wide / columns:g}" '
                f'height="{high / rows:g}"><title>{escape(said)}</title></rect>'
            )
    return [*parts, "</g>"]


def _short(word: str) -> str:
    return word if len(word) <= LETTERS else f"{word[: LETTERS - 1]}…"
