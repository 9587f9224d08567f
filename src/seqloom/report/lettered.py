"""The texts of a drawing that another program made, letter by letter where fonts lack some (`lettering.py`)."""

import re
from collections.abc import Callable
from html import unescape

from seqloom.report.attention_picture import has_glyph
from seqloom.report.attention_svg import FONT
from seqloom.report.hangul import strokes
from seqloom.report.lettering import spelt

Written = Callable[[str, float, str], str | None]
"""Makes something of a text, its size and its anchor; None leaves it as it is."""

_TEXT = re.compile(r"<text([^>]*)>([^<]*)</text>")


def lettered(svg: str, written: Written) -> str:
    """Give every text of a drawing to `written`; what it returns takes its place, with the text itself at `<keep/>`."""

    def letter(match: re.Match[str]) -> str:
        attributes, words = match.group(1), unescape(match.group(2))
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        size = float(re.sub(r"[^\d.]", "", found.get("font-size", "11px")) or 11)
        made = written(words, size, found.get("text-anchor", "start"))
        if made is None:
            return match.group(0)
        move = f' transform="{found["transform"]}"' if "transform" in found else ""
        move += f' fill="{found["fill"]}"' if "fill" in found else ""  # around it there may be fill="none"
        return f"<g{move}>{made.replace('<keep/>', _without_transform(match.group(0)))}</g>"

    return _TEXT.sub(letter, svg)


def without_boxes(svg: str, say: Callable[[str], None]) -> str:
    """Return a drawing in which no letter is an empty box on this machine; `say` hears of those shown as numbers."""
    unknown: set[str] = set()

    def written(words: str, size: float, anchor: str) -> str | None:
        lacking = {letter for letter in words if not has_glyph(letter)}
        unknown.update(letter for letter in lacking if strokes(letter) is None)
        return scaled(words, size, anchor, lambda letter: letter in lacking) if lacking else None

    svg = lettered(svg, written)
    if unknown:
        say(f"no font on this machine has {', '.join(sorted(unknown)[:8])}; the picture shows their numbers")
    return svg


def scaled(words: str, size: float, anchor: str, lacks: Callable[[str], bool]) -> str:
    """Spell a text whose baseline is at 0; letters are drawn as high as it is."""
    scale = size / FONT
    return f'<g transform="scale({scale:.4g}) translate(0,{-FONT * 0.35:.4g})">{spelt(words, 0, 0, anchor, lacks)}</g>'


def _without_transform(text: str) -> str:
    return re.sub(r' transform="[^"]*"', "", text, count=1)
