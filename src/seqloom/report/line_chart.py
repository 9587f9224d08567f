"""Lines as Vega-Lite: bands, lines, points, marks. Lines differ in dashes and in shapes, not in colours alone."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seqloom.report.figures import Line, Lines
from seqloom.report.fitting import heading, readable
from seqloom.report.palette import DASHES, NONE
from seqloom.report.vega import (
    HEIGHT,
    OF,
    TELLS,
    WIDTH,
    Spec,
    Y,
    colours,
    drawable,
    legend,
    number,
    parameters,
    pixels,
    shapes,
    told,
)

FEW = 60
"""Points of a line up to which each is drawn."""
FAINT = 0.4
"""How solid the lines of a logarithmic grid are, which are many."""
MOST = 20_000
"""Points that lines draw together; of more, every so manieth of each line."""
POINTED = 800
"""Points of a chart that tell their numbers when the pointer is over them; of more, every so manieth does."""


def line_chart(figure: Lines) -> Spec:
    """Return lines as a Vega-Lite specification, without its title and looks."""
    if all(line.group == line.name for line in figure.lines):
        figure = replace(figure, lines=[replace(line, group=None) for line in figure.lines])  # one legend says it all
    groups = list(dict.fromkeys(line.group for line in figure.lines if line.group is not None))
    names = [readable(line.name) for line in figure.lines]
    rows, bands = _rows(figure, groups)
    x, y = _axes(figure, rows, bands)
    if groups:
        paint = colours("g", len(groups), "groups", len(names) > 1, first=len(names))
    else:
        paint = colours("k", len(names), "names", len(names) > 1)
    ways = [list(DASHES[at % len(DASHES)]) for at in range(len(names))]
    dash: Spec = {"field": "k", "type": "nominal", "scale": {"domain": list(range(len(names))), "range": ways}}
    if len(names) > 1:
        stroke = {"symbolType": "stroke", "symbolSize": 500, "symbolStrokeWidth": 2}
        dash["legend"] = legend("names") | stroke
        paint["legend"] |= {"symbolType": "square"} if groups else stroke
    else:
        dash["legend"] = None
    base = {"x": x, "y": y, "detail": {"field": "k", "type": "nominal"}, "color": paint}
    words = f"{OF} + said[1] + {Y} + ', ' + said[0] + ' ' + (ticks[datum.x] || format(datum.x, '.6~g'))"
    layers: list[Spec] = []
    if bands:
        band = {"type": "area", "opacity": 0.18, "aria": False}
        ends = base | {"y": {**y, "field": "l"}, "y2": {"field": "h"}}
        layers.append({"data": {"values": bands}, "mark": band, "encoding": ends})
    line = {"type": "line", "strokeWidth": 1.8, "aria": False}
    layers.append({"mark": line, "encoding": base | {"strokeDash": dash}})
    point = {"type": "point", "filled": True, "size": 36, "opacity": 1, "aria": False}
    shown = [{"filter": "datum.p == 1 && isValid(datum.y)"}, {"calculate": "'line ' + datum.k", "as": "s"}]
    shape = shapes("s", [f"line {at}" for at in range(len(names))]) | {"legend": None}  # a domain of its own: no legend
    if any(row.get("p") and row["y"] is not None for row in rows):
        layers.append({"transform": shown, "mark": point, "encoding": base | {"shape": shape}})
    found = [{"filter": "datum.t == 1 && isValid(datum.y)"}, told(words)]
    unseen = {"type": "point", "filled": True, "size": 90, "opacity": 0}
    layers.append({"transform": found, "mark": unseen, "encoding": {"x": x, "y": y} | TELLS})
    layers += _marks(figure)
    ticks = [readable(tick) for tick in figure.ticks or ()]
    said = [heading(figure.x), heading(figure.y)]
    params = parameters(names=names, whole=names, groups=groups, ticks=ticks, said=said)
    return {"params": params, "width": WIDTH, "height": HEIGHT, "data": {"values": rows}, "layer": layers}


def placed(figure: Lines, line: Line) -> NDArray[np.bool_]:
    """Say which points of a line have a place on the scales: [points]."""
    return np.isfinite(drawable(line.x, figure.x_scale)) & np.isfinite(drawable(line.y, figure.y_scale))


def step(figure: Lines) -> int:
    """Return of how many points of a line one is drawn."""
    return -(-sum(len(line.x) for line in figure.lines) // MOST) or 1


def _rows(figure: Lines, groups: list[str]) -> tuple[list[Spec], list[Spec]]:
    """Return points and the ends of bands: k the line, g its group (numbered on), x, y, l and h the numbers.

    p  the point is drawn: those of short lines, and those between two gaps; `t`: the pointer finds it
    """
    rows: list[Spec] = []
    bands: list[Spec] = []
    one_in = step(figure)
    every = one_in * (-(-sum(len(line.x) for line in figure.lines) // (POINTED * one_in)) or 1)
    for at, line in enumerate(figure.lines):
        x, y = drawable(line.x, figure.x_scale), drawable(line.y, figure.y_scale)
        there = np.isfinite(x) & np.isfinite(y)
        around = np.r_[False, there, False]
        alone = there & ~around[:-2] & ~around[2:] if len(x) > FEW else there
        which = {"k": at} | ({"g": len(figure.lines) + groups.index(line.group)} if line.group is not None else {})
        for place in range(0, len(x), one_in):
            row: Spec = {**which, "x": number(x[place]), "y": number(y[place])}
            rows.append(row | ({"p": 1} if alone[place] else {}) | ({"t": 1} if place % every == 0 else {}))
        if line.low is not None and line.high is not None:
            low, high = drawable(line.low, figure.y_scale), drawable(line.high, figure.y_scale)
            bands += [
                {**which, "x": number(x[place]), "l": number(low[place]), "h": number(high[place])}
                for place in range(0, len(x), one_in)
                if np.isfinite([x[place], low[place], high[place]]).all()
            ]
    return rows, bands


def _axes(figure: Lines, rows: list[Spec], bands: list[Spec]) -> tuple[Spec, Spec]:
    axis: Spec = {"grid": True, "labelOverlap": "greedy"}
    if figure.ticks is not None:
        wide = any(len(tick) > 2 for tick in figure.ticks)
        many = len(figure.ticks) > FEW  # where a line of the grid at each would be a wall
        axis |= {"values": list(range(len(figure.ticks))), "labelExpr": "ticks[datum.value]"}
        axis |= {"grid": not many, "ticks": not many}
        axis |= {"labelAngle": -90, "minExtent": 10 + pixels(figure.ticks)} if wide else {"labelAngle": 0}
    elif all(row["x"] is None or row["x"] == round(row["x"]) for row in rows):
        axis |= {"tickMinStep": 1}
    ends = [row.get(name) for row in (*rows, *bands) for name in "ylh"]
    x: Spec = {"field": "x", "type": "quantitative", "title": heading(figure.x), "axis": axis}
    y: Spec = {"field": "y", "type": "quantitative", "title": heading(figure.y)}
    x["scale"] = _scale(figure.x_scale, [row["x"] for row in rows])
    if figure.x_scale == "log":
        axis["gridOpacity"] = FAINT
        x["scale"] |= {"nice": False}
    if figure.y_scale == "log":
        y["axis"] = {"gridOpacity": FAINT}
    return x, y | {"scale": _scale(figure.y_scale, ends)}


def _scale(kind: str, values: list[float | None]) -> Spec:
    """Return a scale; where all values are the same, the axis goes on around it."""
    known = {value for value in values if value is not None}
    made: Spec = {"type": "log"} if kind == "log" else {"zero": False}
    if len(known) == 1:
        (only,) = known
        around = abs(only) / 2 or 1.0
        made["domain"] = [only / 2, only * 2] if kind == "log" else [only - around, only + around]
    return made


def _marks(figure: Lines) -> list[Spec]:
    """Return upright lines and what they say."""
    marks = {"values": [{"x": number(at), "w": readable(words)} for at, words in figure.marks]}
    if not figure.marks:
        return []
    at = {"field": "x", "type": "quantitative"}
    rule = {"type": "rule", "strokeDash": [3, 3], "color": NONE, "aria": False}
    words = {"type": "text", "align": "left", "baseline": "top", "dx": 4, "fontSize": 12, "aria": False}
    said = {"x": at, "text": {"field": "w"}, "y": {"value": 0}}
    return [{"data": marks, "mark": rule, "encoding": {"x": at}}, {"data": marks, "mark": words, "encoding": said}]
