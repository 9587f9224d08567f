"""Values with their intervals as Vega-Lite: a row each, under one another. Groups differ in shapes too."""

from itertools import pairwise

from seqloom.report.figures import Intervals
from seqloom.report.fitting import heading, middle_cut, readable
from seqloom.report.palette import NONE, SERIES
from seqloom.report.vega import OF, TELLS, WIDTH, Spec, Y, colours, drawable, number, parameters, shapes, told

LONGEST = 50
"""Letters of a name before a row; of a longer one the middle is left out, and the pointer finds it."""
ROW = 22
"""Pixels from row to row."""


def interval_chart(figure: Intervals) -> Spec:
    """Return values with their intervals as a Vega-Lite specification, without its title and looks."""
    groups = list(dict.fromkeys(figure.groups or ()))
    values, low, high = (drawable(one) for one in (figure.values, figure.low, figure.high))
    places, labels = _rows(figure)
    rows: list[Spec] = [
        {"r": places[k], "k": k, "y": number(values[k]), "l": number(low[k]), "h": number(high[k])}
        | ({"g": groups.index(figure.groups[k])} if figure.groups else {})
        for k in range(len(values))
    ]
    each: Spec = {"field": "r", "type": "ordinal", "title": None, "scale": {"domain": list(range(len(labels)))}}
    each["axis"] = {"labelExpr": "names[datum.value]", "ticks": False, "domain": False, "labelPadding": 6}
    each["axis"] |= {"labelLimit": 420, "labelOverlap": False}
    value: Spec = {"field": "y", "type": "quantitative", "title": heading(figure.x), "scale": {"zero": False}}
    value["axis"] = {"tickCount": 8, "grid": True}
    looks: Spec = {"color": {"value": SERIES[0]}, "shape": {"value": "circle"}}
    if groups:
        apart = len(groups) > 1 and any(group != name for group, name in zip(groups, figure.names, strict=False))
        paint = colours("g", len(groups), "groups", apart)
        looks = {"color": paint, "shape": shapes("g", range(len(groups))) | {"legend": paint["legend"]}}
    base = {"x": value, "y": each}
    layers: list[Spec] = []
    if figure.mark is not None:
        rule = {"type": "rule", "strokeDash": [3, 3], "color": NONE, "aria": False}
        at = {"x": {**value, "field": "x"}}
        layers.append({"data": {"values": [{"x": number(figure.mark)}]}, "mark": rule, "encoding": at})
    if any(row["l"] is not None and row["h"] is not None for row in rows):  # an empty layer would have no extent
        span = base | {"x": {**value, "field": "l"}, "x2": {"field": "h"}, "color": looks["color"]}
        whole = [{"filter": "isValid(datum.l) && isValid(datum.h)"}]
        bar = {"type": "bar", "orient": "horizontal", "size": 3, "aria": False}
        layers.append({"transform": whole, "mark": bar, "encoding": span})
    single = [
        {"r": places[k], "y": number(one)} | ({"g": rows[k]["g"]} if groups else {})
        for k, behind in enumerate(figure.dots)
        for one in behind
        if number(one) is not None
    ]
    if single:
        tick = {"type": "tick", "thickness": 1.5, "size": ROW * 0.6, "opacity": 0.7, "aria": False}
        layers.append({"data": {"values": single}, "mark": tick, "encoding": base | {"color": looks["color"]}})
    point = {"type": "point", "filled": True, "size": 80, "opacity": 1}
    there = [{"filter": "isValid(datum.y)"}]
    layers.append({"transform": there, "mark": point, "encoding": base | looks | TELLS})
    names = [
        f"{readable(name)} ({readable(group)})" if group not in name else readable(name)
        for name, group in zip(figure.names, figure.groups or figure.names, strict=True)
    ]
    ends = " + (isValid(datum.l) ? ' [' + format(datum.l, '.4~g') + ', ' + format(datum.h, '.4~g') + ']' : '')"
    params = parameters(names=labels, whole=names, groups=groups, said=[heading(figure.x)])
    transform = [told(f"{OF} + said[0] + {Y}{ends}")]
    size = {"width": WIDTH, "height": {"step": ROW}}
    return {"params": params, **size, "data": {"values": rows}, "transform": transform, "layer": layers}


def _rows(figure: Intervals) -> tuple[list[int], list[str]]:
    """Return the row of each value, and the labels of rows: one for each stretch of a name, with a gap after it."""
    places, labels = [0], [middle_cut(readable(figure.names[0]), LONGEST)]
    together = any(one == other for one, other in pairwise(figure.names))
    for before, name in pairwise(figure.names):
        if name == before:
            labels.append("")
        else:
            labels += [*([""] if together else []), middle_cut(readable(name), LONGEST)]
        places.append(len(labels) - 1)
    return places, labels
