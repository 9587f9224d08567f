"""Attention maps as PNG pictures, in which no letter is ever an empty box.

The program that turns SVG into pixels uses the fonts of the machine and draws a box for a letter that none of them has.
So each letter is tried first. Hangul that no font has is drawn as strokes; any other letter as its number, and said.
"""

from collections.abc import Callable
from functools import lru_cache
from html import escape

from seqloom.errors import ResourceError
from seqloom.report.attention_map import AttentionMap
from seqloom.report.attention_svg import EDGE, FAMILY, PAPER, Label, as_svg, text
from seqloom.report.hangul import strokes
from seqloom.report.lettering import spelt

NOWHERE = "\U0010fffd"
"""A letter that no font has: the last of those that Unicode leaves to private use."""
SCALE = 2
"""Pixels of the picture for one of the drawing."""


def as_png(drawn: AttentionMap, say: Callable[[str], None] = lambda note: None) -> bytes:
    """Return a map as a PNG. `say` hears of letters that this machine has no font for.

    Raises ResourceError where the program that draws, vl-convert-python, is not installed.
    """
    return drawn_png(lambda label: as_svg(drawn, label), say)


def drawn_png(draw: Callable[[Label], str], say: Callable[[str], None] = lambda note: None) -> bytes:
    """Return what `draw` makes of a way to write labels, an SVG element, as a PNG. Raises ResourceError as `as_png`."""
    try:
        from vl_convert import svg_to_png
    except ImportError:
        raise ResourceError(
            "a PNG needs vl-convert-python, which is not installed: pip install 'seqloom[report]'. The HTML page needs "
            "nothing."
        ) from None
    numbers: set[str] = set()

    def label(words: str, x: float, y: float, anchor: str) -> str:
        missing = [letter for letter in words if not has_glyph(letter)]
        if not missing:
            return text(words, x, y, anchor)
        numbers.update(letter for letter in missing if strokes(letter) is None)
        return spelt(words, x, y, anchor, lambda letter: not has_glyph(letter))

    svg = draw(label)
    if numbers:
        some = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in sorted(numbers)[:8])
        say(
            f"no font on this machine has {some}{' ...' if len(numbers) > 8 else ''}; the picture shows their numbers. "
            "Install a font that has them, e.g. apt install fonts-noto-cjk, and draw it again."
        )
    start = svg.index(">") + 1
    page = f'{svg[:start]}<rect x="{-EDGE}" y="{-EDGE}" width="100%" height="100%" fill="{PAPER}"/>{svg[start:]}'
    return bytes(svg_to_png(page, scale=SCALE))


@lru_cache(maxsize=4096)
def has_glyph(letter: str) -> bool:
    """Say whether some font of this machine has a letter: whether it looks other than one that no font has."""
    return letter.isspace() or _pixels(letter) != _pixels(NOWHERE)


@lru_cache(maxsize=1024)
def _pixels(letter: str) -> bytes:
    from vl_convert import svg_to_png

    return bytes(
        svg_to_png(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" font-family="{FAMILY}" font-size="20">'
            f'<text x="4" y="24">{escape(letter)}</text></svg>'
        )
    )
