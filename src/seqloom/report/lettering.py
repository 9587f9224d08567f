"""Lettering: a text spelt letter by letter in SVG, where a font lacks some: Hangul as strokes, others as numbers."""

from collections.abc import Callable

from rich.cells import cell_len

from seqloom.report.attention_svg import FONT, INK, text
from seqloom.report.hangul import strokes

NARROW = 0.62
"""Width of a letter of one column, in heights of letters; a wide one takes two."""


def spelt(words: str, x: float, y: float, anchor: str, lacks: Callable[[str], bool]) -> str:
    """Draw a text at x and the middle of its letters y; `lacks` tells of letters that no font has."""
    places = [cell_len(letter) * FONT * NARROW for letter in words]
    x -= {"start": 0.0, "middle": sum(places) / 2, "end": sum(places)}[anchor]
    parts = []
    for letter, wide in zip(words, places, strict=True):
        if lacks(letter):
            parts.append(_drawn(letter, x + (wide - FONT) / 2, y - FONT / 2) or _number(letter, x + wide / 2, y, wide))
        elif not letter.isspace():
            parts.append(text(letter, x + wide / 2, y, "middle"))
        x += wide
    return "".join(parts)


def _drawn(letter: str, left: float, top: float) -> str:
    """Draw Hangul in a square; nothing for any other letter."""
    paths = "".join(
        "M" + "L".join(f"{left + FONT * right:.2f} {top + FONT * down:.2f}" for right, down in line)
        for line in strokes(letter) or ()
    )
    shape = 'fill="none" stroke-width="1.1" stroke-linecap="round" class="stroke"'
    return f'<path d="{paths}" stroke="{INK}" {shape}/>' if paths else ""


def _number(letter: str, middle: float, y: float, wide: float) -> str:
    number = f"{ord(letter):04X}"
    size = wide / len(number) / NARROW
    return f'<text x="{middle:g}" y="{y + FONT * 0.2:g}" text-anchor="middle" font-size="{size:.3g}">{number}</text>'
