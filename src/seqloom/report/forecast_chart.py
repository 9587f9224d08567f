"""Forecasts drawn: the history, the steps to come and their intervals, as PNG, SVG or a page that needs no network.

A machine without a Korean font would draw boxes for Hangul; there its letters are drawn as strokes (`lettering.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import ResourceError
from seqloom.report.attention_page import SCRIPT
from seqloom.report.hangul import strokes
from seqloom.report.lettered import lettered, scaled, without_boxes

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
        return _page(lettered(svg, _both), panels[0].title if len(panels) == 1 else "Forecasts").encode()
    svg = without_boxes(svg, say)
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


def _both(words: str, size: float, anchor: str) -> str | None:
    """Return a text with Hangul twice, typed and drawn, of which the page shows one."""
    if all(strokes(letter) is None for letter in words):
        return None
    drawn = scaled(words, size, anchor, lambda letter: strokes(letter) is not None)
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
