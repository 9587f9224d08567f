"""Lines, bars and points as Vega-Lite, for pages and pictures alike."""

import numpy as np
from rich.cells import cell_len

from seqloom.report.attention_svg import FAMILY
from seqloom.report.bar_chart import bar_chart
from seqloom.report.figures import Bars, Lines, Points
from seqloom.report.fitting import heading
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


def chart(figure: Lines | Bars | Points) -> Spec:
    """Return a figure as a Vega-Lite specification, with its data and its looks inside."""
    if isinstance(figure, Lines):
        made = line_chart(figure)
    else:
        made = bar_chart(figure) if isinstance(figure, Bars) else point_chart(figure)
    title = {"text": heading(figure.title), "anchor": "start", "fontSize": 14, "fontWeight": "normal", "offset": 12}
    texts = [text for one in made["params"] for text in one["value"]]
    wide = max((cell_len(text) - len(text) for text in texts), default=0)
    around = {"left": 5, "top": 5, "bottom": 5, "right": 5 + WIDER * min(wide, 24)}
    return {"title": title, "padding": around, "description": figure.caption, **made, "config": CONFIG}


def remarks(figure: Lines | Bars | Points) -> list[str]:
    """Say what a chart cannot show of its figure."""
    if not isinstance(figure, Lines):
        lost = int(np.isinf(figure.values if isinstance(figure, Bars) else [*figure.x, *figure.y]).sum())
        return [f"{lost} of its values {'is' if lost == 1 else 'are'} infinite and not drawn."] if lost else []
    found = []
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
