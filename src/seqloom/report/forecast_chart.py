"""Forecasts drawn: the history, the steps to come and their intervals, as PNG, SVG or a page that needs no network.

A machine without a Korean font would draw boxes for Hangul; there its letters are drawn as strokes (`lettering.py`).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import ResourceError
from seqloom.report.attention_page import SCRIPT
from seqloom.report.attention_picture import has_glyph
from seqloom.report.attention_svg import FONT
from seqloom.report.hangul import strokes
from seqloom.report.lettering import spelt

MOST = 12
"""Panels in one picture."""
WIDTH, HEIGHT = 640, 200
SCALE = 2
PAST, AHEAD = "#57606a", "#0969da"

Numbers = NDArray[Any]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Panel:
    """One series: its last times and values, the times to come and their forecast, and bands (percent, low, high).

    Times are microseconds since 1970 where they are `dated`, and plain numbers otherwise.
    """

    title: str
    times: Numbers
    values: Numbers
    ahead: Numbers
    point: Numbers
    bands: Sequence[tuple[float, Numbers, Numbers]]
    dated: bool


def draw(panels: Sequence[Panel], suffix: str, say: Say) -> bytes:
    """Return a picture of the kind that a suffix names: .png, .svg or .html.

    Raises ResourceError where the programs that draw are not installed.
    """
    try:
        from vl_convert import svg_to_png, vegalite_to_svg
    except ImportError:
        raise ResourceError(
            "a picture needs altair and vl-convert-python, which are not installed: pip install 'seqloom[report]'."
        ) from None
    svg = vegalite_to_svg(_chart(panels))
    if suffix == ".html":
        return _page(_lettered(svg, _both), panels[0].title if len(panels) == 1 else "Forecasts").encode()
    unknown: set[str] = set()

    def written(words: str, size: float, anchor: str) -> str | None:
        lacking = {letter for letter in words if not has_glyph(letter)}
        unknown.update(letter for letter in lacking if strokes(letter) is None)
        return _drawn(words, size, anchor, lambda letter: letter in lacking) if lacking else None

    svg = _lettered(svg, written)
    if unknown:
        say(f"no font on this machine has {', '.join(sorted(unknown)[:8])}; the picture shows their numbers")
    return svg.encode() if suffix == ".svg" else bytes(svg_to_png(svg, scale=SCALE))


def _chart(panels: Sequence[Panel]) -> dict[str, Any]:
    """Return the Vega-Lite of panels under one another."""
    import altair

    charts = []
    for panel in panels:
        kind = "T" if panel.dated else "Q"
        when = altair.X(f"time:{kind}", title=None)
        if panel.dated:
            when = altair.X("time:T", title=None, scale=altair.Scale(type="utc"))
        value = altair.Y("value:Q", title=None, scale=altair.Scale(zero=False))
        joined = [_row(panel, panel.times[-1:], panel.values[-1:])[0]] if len(panel.times) else []
        rows = [row for row in _row(panel, panel.times, panel.values) if row["value"] is not None]
        told = [row for row in [*joined, *_row(panel, panel.ahead, panel.point)] if row["value"] is not None]
        layers = []
        for number, (percent, low, high) in enumerate(sorted(panel.bands, key=lambda band: -band[0])):
            ends = [
                {**one, "high": top["value"]}
                for one, top in zip(_row(panel, panel.ahead, low), _row(panel, panel.ahead, high), strict=True)
            ]
            area = altair.Chart(altair.Data(values=ends)).mark_area(color=AHEAD, opacity=0.18 + 0.08 * number)
            layers.append(area.encode(x=when, y=value, y2="high:Q", tooltip=altair.value(f"{percent:g} %")))
        past = altair.Chart(altair.Data(values=rows)).mark_line(color=PAST, strokeWidth=1.3)
        line = altair.Chart(altair.Data(values=told)).mark_line(color=AHEAD, strokeWidth=2)
        layers += [past.encode(x=when, y=value), line.encode(x=when, y=value)]
        percents = ", ".join(f"{percent:g}" for percent, _, _ in sorted(panel.bands, key=lambda band: band[0]))
        about = f"forecast in blue{f', intervals of {percents} %' if percents else ''}"
        title = altair.Title(panel.title, subtitle=about, anchor="start", fontSize=14)
        charts.append(altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title))
    whole = altair.vconcat(*charts).configure(background="white").configure_view(stroke="#d0d7de")
    made: dict[str, Any] = whole.to_dict()
    return made


def _row(panel: Panel, times: Numbers, values: Numbers) -> list[dict[str, Any]]:
    """Return rows of time (milliseconds of dates) and value; what is NaN is None."""
    scale = 1000 if panel.dated else 1
    return [
        {"time": float(time) / scale, "value": None if np.isnan(value) else float(value)}
        for time, value in zip(times, values, strict=True)
    ]


_TEXT = re.compile(r"<text([^>]*)>([^<]*)</text>")


def _lettered(svg: str, written: Callable[[str, float, str], str | None]) -> str:
    """Give every text of a drawing to `written`, with its size and anchor; what it returns takes its place."""

    def letter(match: re.Match[str]) -> str:
        attributes, words = match.group(1), unescape(match.group(2))
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        size = float(re.sub(r"[^\d.]", "", found.get("font-size", "11px")) or 11)
        made = written(words, size, found.get("text-anchor", "start"))
        if made is None:
            return match.group(0)
        move = f' transform="{found["transform"]}"' if "transform" in found else ""
        return f"<g{move}>{made.replace('<keep/>', _without_transform(match.group(0)))}</g>"

    return _TEXT.sub(letter, svg)


def _without_transform(text: str) -> str:
    return re.sub(r' transform="[^"]*"', "", text, count=1)


def _drawn(words: str, size: float, anchor: str, lacks: Callable[[str], bool]) -> str:
    """Spell a text whose baseline is at 0; letters are drawn as high as it is."""
    scale = size / FONT
    return f'<g transform="scale({scale:.4g}) translate(0,{-FONT * 0.35:.4g})">{spelt(words, 0, 0, anchor, lacks)}</g>'


def _both(words: str, size: float, anchor: str) -> str | None:
    """Return a text with Hangul twice, typed and drawn, of which the page shows one."""
    if all(strokes(letter) is None for letter in words):
        return None
    drawn = _drawn(words, size, anchor, lambda letter: strokes(letter) is not None)
    return f'<g class="typed"><keep/></g><g class="drawn" aria-hidden="true">{drawn}</g>'


def _page(svg: str, title: str) -> str:
    """Return a whole HTML page around a drawing."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
body {{ margin: 2rem; background: #fff; }}
.drawn, .fontless .typed {{ display: none; }}
.fontless .drawn {{ display: inline; }}
</style>
<script>{SCRIPT}</script>
</head>
<body>
{svg}
</body>
</html>
"""
