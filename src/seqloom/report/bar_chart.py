"""Bars as Vega-Lite: under one another where they are few, side by side where they are many."""

from seqloom.report.figures import Bars
from seqloom.report.fitting import heading, middle_cut, readable
from seqloom.report.palette import SERIES
from seqloom.report.vega import HEIGHT, OF, TELLS, WIDTH, Spec, Y, colours, drawable, number, parameters, told

STANDING = 40
"""Bars up to which they lie under one another, with their names before them."""
LONGEST = 50
"""Letters of a name before a bar; of a longer one the middle is left out, and the pointer finds it."""
ROOM = 0.1
"""Share of the axis beside the longest bars, for their numbers."""


def bar_chart(figure: Bars) -> Spec:
    """Return bars as a Vega-Lite specification, without its title and looks.

    A line goes from end to end of each interval; a bar without one has its number beside it, where there is room.
    """
    groups = list(dict.fromkeys(figure.groups or ()))
    names = labels(figure)
    low, high = (None if one is None else drawable(one) for one in (figure.low, figure.high))
    rows: list[Spec] = []
    for place, value in enumerate(drawable(figure.values)):
        row: Spec = {"k": place, "y": number(value)}
        if figure.groups:
            row["g"] = groups.index(figure.groups[place])
        if low is not None and high is not None:
            row |= {"l": number(low[place]), "h": number(high[place])}
        rows.append(row)
    lying = len(names) <= STANDING
    numbered = lying and low is None
    axis = {"labelExpr": "names[datum.value]", "labelOverlap": not lying, "ticks": False, "labelPadding": 6}
    each: Spec = {"field": "k", "type": "ordinal", "title": None, "scale": {"domain": list(range(len(names)))}}
    each["axis"] = axis | {"labelLimit": 420} if lying else axis | {"labelAngle": -90}
    value_of: Spec = {"field": "y", "type": "quantitative", "title": heading(figure.y), "axis": {"tickCount": 8}}
    value_of["scale"] = {"domain": _ends(rows), "nice": False} if numbered else {}
    one, other = ("y", "x") if lying else ("x", "y")
    base = {one: each, other: value_of}
    paint = colours("g", len(groups), "groups", False) if groups else {"value": SERIES[0]}
    bar = {"type": "bar", "opacity": 0.85}
    layers: list[Spec] = [{"mark": bar, "encoding": base | {"color": paint} | TELLS}]
    ends = ""
    if low is not None and high is not None:
        ends = " + ' [' + format(datum.l, '.4~g') + ', ' + format(datum.h, '.4~g') + ']'"
        rule = {"type": "rule", "strokeWidth": 2, "aria": False}
        span = {one: each, other: {**value_of, "field": "l"}, f"{other}2": {"field": "h"}}
        layers.append({"mark": rule, "encoding": span})
    elif lying:
        beside = {"type": "text", "align": {"expr": "datum.y < 0 ? 'right' : 'left'"}, "fontSize": 12, "aria": False}
        beside |= {"dx": {"expr": "datum.y < 0 ? -4 : 4"}}
        layers.append({"mark": beside, "encoding": base | {"text": {"field": "y", "format": ".3~g"}}})
    short = [middle_cut(name, LONGEST) for name in names]
    params = parameters(names=short, whole=names, groups=groups, said=[heading(figure.y)])
    transform = [told(f"{OF} + said[0] + {Y}{ends}")]
    size = {"width": WIDTH, "height": {"step": 22}} if lying else {"width": {"step": 14}, "height": HEIGHT}
    return {"params": params, **size, "data": {"values": rows}, "transform": transform, "layer": layers}


def _ends(rows: list[Spec]) -> list[float]:
    """Return the ends of an axis that has room for a number beside every bar."""
    values = [row["y"] for row in rows if row["y"] is not None]
    low, high = min([0.0, *values]), max([0.0, *values])
    room = ROOM * ((high - low) or 1.0)
    return [low - room if low < 0 else low, high + room if high > 0 or not low else high]


def labels(figure: Bars) -> list[str]:
    """Return what stands before each bar: its name, with its group where the name does not say it."""
    if not figure.groups:
        return [readable(name) for name in figure.names]
    pairs = zip(map(readable, figure.names), map(readable, figure.groups), strict=True)
    return [name if group in name else f"{name} ({group})" for name, group in pairs]
