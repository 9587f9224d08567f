"""Attention maps as a page: one HTML file that opens without a network, in the light or the dark.

A browser without a Korean font shows boxes for Hangul. The page finds that out and then shows strokes instead.
"""

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from seqloom.report.attention_map import AttentionMap
from seqloom.report.attention_svg import as_svg, text
from seqloom.report.hangul import strokes
from seqloom.report.lettering import spelt

STYLE = """
:root { color-scheme: light dark; }
body { margin: 2rem; background: #fff; color: #1f2328; font: 16px/1.5 system-ui, sans-serif; }
p { max-width: 46rem; }
figure { margin: 0 0 2.5rem; overflow-x: auto; }
.drawn, .fontless .typed { display: none; }
.fontless .drawn { display: inline; }
.cell rect:hover { stroke: #d1242f; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; }
  .map { fill: #e6edf3; }
  .cell { fill: #6cb0ff; }
  .frame { stroke: #30363d; }
  .stroke { stroke: #e6edf3; }
}
"""
SCRIPT = """
function ink(letter) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "20px monospace";
  pen.fillText(letter, 0, 20);
  return pen.getImageData(0, 0, 40, 40).data.join();
}
if (ink("가") === ink("봄")) document.documentElement.classList.add("fontless");
"""
"""Two syllables that look the same are two boxes."""


def as_page(maps: Sequence[AttentionMap], title: str, about: str = "") -> str:
    """Return maps as a whole HTML page under a title and a paragraph; hold the pointer over a cell for its weight."""
    legend = """A row is a written token, a column a token of the source; the stronger a cell's colour, the more
the one looked at the other. Hold the pointer over a cell for its weight."""
    return page([as_svg(one, label) for one in maps], title, f"{about} {legend}" if about else legend)


def page(drawings: Sequence[str], title: str, about: str) -> str:
    """Return SVG drawings as a whole HTML page under a title and a paragraph; pictures in them stand there as data."""
    figures = "\n".join(f"<figure>\n{one}\n</figure>" for one in drawings)
    known = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    allowed = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{known}'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{allowed}">
<title>{escape(title)}</title>
<style>{STYLE}</style>
<script>{SCRIPT}</script>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(about)}</p>
{figures}
</body>
</html>
"""


def label(words: str, x: float, y: float, anchor: str) -> str:
    """Draw a text, and one with Hangul also as strokes, of which the page shows the one or the other."""
    typed = text(words, x, y, anchor)
    if all(strokes(letter) is None for letter in words):
        return typed
    drawn = spelt(words, x, y, anchor, lambda letter: strokes(letter) is not None)
    return f'<g class="typed">{typed}</g><g class="drawn" aria-hidden="true">{drawn}</g>'
