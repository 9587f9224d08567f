"""Lines, bars and points as Vega-Lite (Satyanarayan et al. 2017), for pages and pictures alike.

No text of a user stands in an expression: names are parameters, which expressions look up by number.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.report.attention_svg import FAMILY
from seqloom.report.figures import Bars, Floats, Line, Lines, Points
from seqloom.report.fitting import heading, readable
from seqloom.report.palette import DASHES, NONE, SERIES, SHAPES

WIDTH, HEIGHT = 680, 260
FEW = 60
"""Points of a line up to which each is drawn."""
MOST = 20_000
"""Points that lines draw together; of more, every so manieth of each line."""
POINTED = 3000
"""Points of a chart that tell their numbers when the pointer is over them; of more, every so manieth does."""
NAMED = 40
"""Points up to which each has its name beside it."""
STANDING = 40
"""Bars up to which they lie under one another, with their names before them."""

OF = "names[datum.k] + ': '"
Y = "' ' + format(datum.y, '.4~g')"

Spec = dict[str, Any]
TELLS: Spec = {"tooltip": {"field": "told"}, "description": {"field": "told"}}


def chart(figure: Lines | Bars | Points) -> Spec:
    """Return a figure as a Vega-Lite specification, with its data and its looks inside."""
    if isinstance(figure, Lines):
        made = _lines(figure)
    else:
        made = _bars(figure) if isinstance(figure, Bars) else _points(figure)
    title = {"text": heading(figure.title), "anchor": "start", "fontSize": 14, "fontWeight": "normal", "offset": 12}
    config = {
        "font": FAMILY,
        "background": "transparent",
        "view": {"stroke": "transparent"},
        "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 260},
        "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 260, "symbolLimit": 40, "symbolSize": 160}
        | {"symbolBaseFillColor": NONE, "symbolBaseStrokeColor": NONE},
    }
    return {"title": title, "description": figure.caption, **made, "config": config}


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
    if (step := _step(figure)) > 1:
        found.append(f"One point in {step} of each line is drawn.")
    return found


def _step(figure: Lines) -> int:
    """Return of how many points of a line one is drawn."""
    return -(-sum(len(line.x) for line in figure.lines) // MOST) or 1


def _lines(figure: Lines) -> Spec:
    """Return layers: bands, lines, points (of short lines, and those between two gaps), marks, and what the pointer
    finds."""
    groups = list(dict.fromkeys(line.group for line in figure.lines if line.group is not None))
    names = [readable(line.name) for line in figure.lines]
    rows: list[Spec] = []
    bands: list[Spec] = []
    said_x, said_y = heading(figure.x), heading(figure.y)
    step = _step(figure)
    every = step * (-(-sum(len(line.x) for line in figure.lines) // (POINTED * step)) or 1)
    for number, line in enumerate(figure.lines):
        x, y = _drawable(line.x, figure.x_scale), _drawable(line.y, figure.y_scale)
        shown = range(0, len(x), step)
        there = np.isfinite(x) & np.isfinite(y)
        around = np.r_[False, there, False]
        alone = there & ~around[:-2] & ~around[2:] if len(x) > FEW else there
        colour = groups.index(line.group) if line.group is not None else number
        for place in shown:
            row = {"k": number, "g": colour, "x": _number(x[place]), "y": _number(y[place])}
            rows.append(row | ({"p": 1} if alone[place] else {}) | ({"t": 1} if place % every == 0 else {}))
        if line.low is not None and line.high is not None:
            edges = _drawable(line.low, figure.y_scale), _drawable(line.high, figure.y_scale)
            bands += [
                {"k": number, "g": colour, "x": _number(one), "l": _number(low), "h": _number(high)}
                for one, low, high in zip(x[::step], edges[0][::step], edges[1][::step], strict=True)
                if np.isfinite([one, low, high]).all()
            ]
    axis: Spec = {"grid": True, "labelOverlap": "greedy"}
    if figure.ticks is not None:
        wide = any(len(tick) > 2 for tick in figure.ticks)
        axis |= {"values": list(range(len(figure.ticks))), "labelExpr": "ticks[datum.value]"}
        axis |= {"labelAngle": -90 if wide else 0}
    ends = [row.get(name) for row in (*rows, *bands) for name in "ylh"]
    scales = _scale(figure.x_scale, [row["x"] for row in rows]), _scale(figure.y_scale, ends)
    x_axis: Spec = {"field": "x", "type": "quantitative", "title": said_x, "scale": scales[0], "axis": axis}
    y_axis: Spec = {"field": "y", "type": "quantitative", "title": said_y, "scale": scales[1]}
    detail = {"field": "k", "type": "nominal"}
    colour_of = _colour(len(groups) or len(names), "groups" if groups else "names", bool(groups) or len(names) > 1)
    colour_of["field"] = "g" if groups else "k"
    ways = [list(DASHES[number % len(DASHES)]) for number in range(len(names))]
    dash: Spec = {"field": "k", "type": "nominal", "scale": {"domain": list(range(len(names))), "range": ways}}
    dash |= {"legend": _legend("names") if len(names) > 1 else None}
    shape: Spec = {"field": "k", "type": "nominal", "legend": dash["legend"]}
    shape |= {"scale": {"domain": list(range(len(names))), "range": [_shape(one) for one in range(len(names))]}}
    told = f"{OF} + said[1] + {Y} + ', ' + said[0]"
    told += " + ' ' + (ticks[datum.x] || format(datum.x, '.6~g'))"
    base = {"x": x_axis, "y": y_axis, "detail": detail, "color": colour_of}
    layers: list[Spec] = []
    if bands:
        ends_of = {"y": {**y_axis, "field": "l"}, "y2": {"field": "h"}}
        layers.append(
            {
                "data": {"values": bands},
                "mark": {"type": "area", "opacity": 0.18, "aria": False},
                "encoding": base | ends_of,
            }
        )
    layers.append(
        {"mark": {"type": "line", "strokeWidth": 1.8, "aria": False}, "encoding": base | {"strokeDash": dash}}
    )
    layers.append(
        {
            "transform": [{"filter": "datum.p == 1 && isValid(datum.y)"}],
            "mark": {"type": "point", "filled": True, "size": 36, "opacity": 1, "aria": False},
            "encoding": base | {"shape": shape},
        }
    )
    layers.append(
        {
            "transform": [{"filter": "datum.t == 1 && isValid(datum.y)"}, _told(told)],
            "mark": {"type": "point", "filled": True, "size": 90, "opacity": 0},
            "encoding": {"x": x_axis, "y": y_axis} | TELLS,
        }
    )
    marks = [{"x": _number(at), "w": readable(words)} for at, words in figure.marks]
    if marks:
        at = {"field": "x", "type": "quantitative"}
        rule = {"type": "rule", "strokeDash": [3, 3], "color": NONE, "aria": False}
        words = {"type": "text", "align": "left", "baseline": "top", "dx": 4, "fontSize": 12, "aria": False}
        said = {"text": {"field": "w"}, "y": {"value": 0}}
        layers.append({"data": {"values": marks}, "mark": rule, "encoding": {"x": at}})
        layers.append({"data": {"values": marks}, "mark": words, "encoding": {"x": at, **said}})
    ticks = [readable(tick) for tick in figure.ticks or ()]
    params = _params(names=names, groups=groups, ticks=ticks, said=[said_x, said_y])
    return {"params": params, "width": WIDTH, "height": HEIGHT, "data": {"values": rows}, "layer": layers}


def _bars(figure: Bars) -> Spec:
    """Return bars, with a line from end to end of the interval of each, and its number where there is room."""
    groups = list(dict.fromkeys(figure.groups or ()))
    names = labels(figure)
    low, high = (None if one is None else _drawable(one) for one in (figure.low, figure.high))
    rows: list[Spec] = []
    for place, value in enumerate(_drawable(figure.values)):
        row: Spec = {"k": place, "y": _number(value), "g": groups.index(figure.groups[place]) if figure.groups else 0}
        if low is not None and high is not None:
            row |= {"l": _number(low[place]), "h": _number(high[place])}
        rows.append(row)
    lying = len(names) <= STANDING
    kept = {"type": "ordinal", "title": None, "field": "k", "scale": {"domain": list(range(len(names)))}}
    axis = {"labelExpr": "names[datum.value]", "labelOverlap": not lying, "ticks": False, "labelPadding": 6}
    each = {**kept, "axis": axis if lying else {**axis, "labelAngle": -90}}
    value_of = {"field": "y", "type": "quantitative", "title": heading(figure.y)}
    one, other = ("y", "x") if lying else ("x", "y")
    ends = " + ' [' + format(datum.l, '.4~g') + ', ' + format(datum.h, '.4~g') + ']'" if low is not None else ""
    base = {one: each, other: value_of}
    paint: Spec = {"value": SERIES[0]}
    if groups:
        paint = _colour(len(groups), "groups", len(groups) > 1) | {"field": "g"}
    layers: list[Spec] = [{"mark": {"type": "bar", "opacity": 0.85}, "encoding": base | {"color": paint} | TELLS}]
    if low is not None and high is not None:
        span = {**value_of, "field": "l"}, {"field": "h"}
        layers.append(
            {
                "mark": {"type": "rule", "strokeWidth": 2, "aria": False},
                "encoding": {one: each, other: span[0], f"{other}2": span[1]},
            }
        )
    elif lying:
        beside = {"type": "text", "align": {"expr": "datum.y < 0 ? 'right' : 'left'"}, "fontSize": 12, "aria": False}
        beside |= {"dx": {"expr": "datum.y < 0 ? -4 : 4"}}
        layers.append({"mark": beside, "encoding": base | {"text": {"field": "y", "format": ".3~g"}}})
    params = _params(names=names, groups=groups, said=[heading(figure.y)])
    step = {"width": WIDTH, "height": {"step": 22}} if lying else {"width": {"step": 14}, "height": HEIGHT}
    transform = [_told(f"{OF} + said[0] + {Y}{ends}")]
    return {"params": params, **step, "data": {"values": rows}, "transform": transform, "layer": layers}


def labels(figure: Bars) -> list[str]:
    """Return what stands before each bar: its name, with its group where the name does not say it."""
    if not figure.groups:
        return [readable(name) for name in figure.names]
    pairs = zip(map(readable, figure.names), map(readable, figure.groups), strict=True)
    return [name if group in name else f"{name} ({group})" for name, group in pairs]


def _points(figure: Points) -> Spec:
    """Return points, the line that joins them, and their names where they are few."""
    groups = list(dict.fromkeys(figure.groups or ()))
    x, y = _drawable(figure.x), _drawable(figure.y)
    rows = [
        {"k": place, "x": _number(x[place]), "y": _number(y[place])}
        | {"g": groups.index(figure.groups[place]) if figure.groups else 0}
        for place in range(len(x))
        if np.isfinite([x[place], y[place]]).all()
    ]
    axes = {
        name: {
            "field": name,
            "type": "quantitative",
            "title": readable(said) if said else None,
            "scale": {"zero": False},
        }
        for name, said in (("x", figure.x_name), ("y", figure.y_name))
    }
    paint: Spec = {"value": SERIES[0]}
    shape: Spec = {"value": "circle"}
    if groups:
        paint = _colour(len(groups), "groups", len(groups) > 1) | {"field": "g"}
        shape = {"field": "g", "type": "nominal", "legend": paint["legend"]}
        shape |= {"scale": {"domain": list(range(len(groups))), "range": [_shape(one) for one in range(len(groups))]}}
    layers: list[Spec] = []
    if figure.joined:
        order = {"order": {"field": "k", "type": "quantitative"}}
        layers.append(
            {"mark": {"type": "line", "color": NONE, "strokeWidth": 1, "aria": False}, "encoding": axes | order}
        )
    dots = {"type": "point", "filled": True, "size": 50, "opacity": 0.9}
    layers.append({"mark": dots, "encoding": axes | {"color": paint, "shape": shape} | TELLS})
    if len(rows) <= NAMED:
        words = {"type": "text", "align": "left", "dx": 6, "dy": -5, "fontSize": 12, "aria": False}
        layers.append({"mark": words, "encoding": axes | {"text": {"field": "name"}}})
    names = [readable(name) for name in figure.names]
    params = _params(names=names, groups=groups, said=[heading(figure.x_name), heading(figure.y_name)])
    said = f"{OF} + said[0] + ' ' + format(datum.x, '.4~g') + ', ' + said[1] + {Y}"
    transform = [{"calculate": "names[datum.k]", "as": "name"}, _told(said)]
    size = {"width": WIDTH, "height": round(HEIGHT * 1.5)}
    return {"params": params, **size, "data": {"values": rows}, "transform": transform, "layer": layers}


def _colour(count: int, names: str, shown: bool) -> Spec:
    """Return the colours of so many things, whose names are a parameter."""
    scale = {"domain": list(range(count)), "range": [SERIES[number % len(SERIES)] for number in range(count)]}
    return {"type": "nominal", "scale": scale, "legend": _legend(names) if shown else None}


def _params(*, groups: list[str], **lists: list[str]) -> list[Spec]:
    """Return texts under names by which expressions know them."""
    known = lists | {"groups": [readable(one) for one in groups]}
    return [{"name": name, "value": value} for name, value in known.items()]


def _told(expression: str) -> Spec:
    """Return what makes the words that a mark says, to the pointer and to who cannot see it."""
    return {"calculate": expression, "as": "told"}


def _legend(names: str) -> Spec:
    return {"title": None, "labelExpr": f"{names}[datum.value]", "symbolStrokeWidth": 2, "symbolOpacity": 1}


def _scale(kind: str, values: list[float | None]) -> Spec:
    """Return a scale; where all values are the same, the axis goes on around it."""
    known = {value for value in values if value is not None}
    made: Spec = {"type": "log"} if kind == "log" else {"zero": False}
    if len(known) == 1:
        (only,) = known
        around = abs(only) / 2 or 1.0
        made["domain"] = [only / 2, only * 2] if kind == "log" else [only - around, only + around]
    return made


def _shape(number: int) -> str:
    return SHAPES[number % len(SHAPES)]


def placed(figure: Lines, line: Line) -> NDArray[np.bool_]:
    """Say which points of a line have a place on the scales: [points]."""
    return np.isfinite(_drawable(line.x, figure.x_scale)) & np.isfinite(_drawable(line.y, figure.y_scale))


def _drawable(values: Floats, scale: str = "linear") -> Floats:
    """Return values with NaN for what has no place on a scale."""
    array = np.asarray(values, np.float64)
    return np.where(np.isfinite(array) & ((array > 0) if scale == "log" else True), array, np.nan)


def _number(value: float) -> float | None:
    """Return a value to six digits, as JSON has it."""
    return float(f"{value:.6g}") if np.isfinite(value) else None
