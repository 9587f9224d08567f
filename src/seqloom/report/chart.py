"""Lines, bars and points as Vega-Lite, for pages and pictures alike."""

import numpy as np
from rich.cells import cell_len

from seqloom.report.attention_svg import FAMILY
from seqloom.report.bar_chart import bar_chart
from seqloom.report.figures import Bars, Intervals, Lines, Points
from seqloom.report.fitting import heading
from seqloom.report.interval_chart import interval_chart
from seqloom.report.line_chart import line_chart, step
from seqloom.report.palette import NONE
from seqloom.report.point_chart import point_chart
from seqloom.report.vega import LIMIT, Spec

AXIS = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": LIMIT}
LEGEND = {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": LIMIT, "symbolLimit": 40, "symbolSize": 160}
CONFIG = {
    "font": FAMILY,
    "background": "transparent",
    "view": {"stroke": "transparent"},
    "axis": AXIS,
    "legend": LEGEND | {"symbolBaseFillColor": NONE, "symbolBaseStrokeColor": NONE},
}


WIDER = 8
"""Pixels that a letter of two columns takes beyond what is thought of it where no font has it."""


Charted = Lines | Bars | Intervals | Points
"""Figures that Vega-Lite draws."""


def chart(figure: Charted) -> Spec:
    """Return a figure as a Vega-Lite specification, with its data and its looks inside."""
    match figure:
        case Lines():
            made = line_chart(figure)
        case Bars():
            made = bar_chart(figure)
        case Intervals():
            made = interval_chart(figure)
        case Points():
            made = point_chart(figure)
    title = {"text": heading(figure.title), "anchor": "start", "fontSize": 14, "fontWeight": "normal", "offset": 12}
    texts = [text for one in made["params"] for text in one["value"]]
    wide = max((cell_len(text) - len(text) for text in texts), default=0)
    around = {"left": 5, "top": 5, "bottom": 5, "right": 5 + WIDER * min(wide, 24)}
    return {"title": title, "padding": around, "description": figure.caption, **made, "config": CONFIG}


def remarks(figure: Charted) -> list[str]:
    """Say what a chart cannot show of its figure."""
    found = []
    if not isinstance(figure, Lines):
        lost = int(np.isinf([*figure.x, *figure.y] if isinstance(figure, Points) else figure.values).sum())
        found += [f"{lost} of its values {'is' if lost == 1 else 'are'} infinite and not drawn."] if lost else []
        below = int((np.asarray(figure.x) <= 0).sum()) if isinstance(figure, Points) and figure.x_scale == "log" else 0
        none = f"Points at 0 or below, which the logarithmic x axis does not have: {below}."
        return found + ([none] if below else [])
    infinite = sum(int((np.isinf(line.x) | np.isinf(line.y)).sum()) for line in figure.lines)
    if infinite:
        found.append(f"{infinite} of its points {'is' if infinite == 1 else 'are'} infinite and not drawn.")
    for axis, scale in (("x", figure.x_scale), ("y", figure.y_scale)):
        lost = sum(int((getattr(line, axis) <= 0).sum()) for line in figure.lines) if scale == "log" else 0
        if lost:
            be = "is" if lost == 1 else "are"
            found.append(f"{lost} of its points {be} at 0 or below, which the logarithmic {axis} axis does not have.")
    if (one_in := step(figure)) > 1:
        found.append(f"One point in {one_in} of each line is drawn.")
    return found
