"""Attention maps as a page: one HTML file that opens without a network, in the light or the dark."""

from collections.abc import Sequence
from html import escape

from seqloom.report.attention_map import AttentionMap
from seqloom.report.attention_svg import as_svg

STYLE = """
:root { color-scheme: light dark; }
body { margin: 2rem; background: #fff; color: #1f2328; font: 16px/1.5 system-ui, sans-serif; }
p { max-width: 46rem; }
figure { margin: 0 0 2.5rem; overflow-x: auto; }
.cell rect:hover { stroke: #d1242f; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; }
  .map { fill: #e6edf3; }
  .cell { fill: #6cb0ff; }
  .frame { stroke: #30363d; }
}
"""


def as_page(maps: Sequence[AttentionMap], title: str, about: str = "") -> str:
    """Return maps as a whole HTML page under a title and a paragraph; hold the pointer over a cell for its weight."""
    figures = "\n".join(f"<figure>\n{as_svg(one)}\n</figure>" for one in maps)
    said = f"{about} " if about else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(said)}A row is a written token, a column a token of the source; the darker a cell, the more the one looked at
the other. Hold the pointer over a cell for its weight.</p>
{figures}
</body>
</html>
"""
