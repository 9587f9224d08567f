"""Points as Vega-Lite, with the line that joins them and their names. Groups differ in shapes too."""

import numpy as np

from seqloom.report.figures import Points
from seqloom.report.fitting import clip, heading, readable
from seqloom.report.palette import NONE, SERIES
from seqloom.report.vega import (
    HEIGHT,
    OF,
    TELLS,
    WIDTH,
    Spec,
    Y,
    colours,
    drawable,
    number,
    parameters,
    shapes,
    told,
)

NAMED = 40
"""Points up to which each has its name beside it."""
LONGEST = 28
"""Letters of what stands beside a place where there are several points."""
APART = 60, 24
"""Names that would stand in the same field, of so many across and down, are written as one."""


def point_chart(figure: Points) -> Spec:
    """Return points as a Vega-Lite specification, without its title and looks."""
    groups = list(dict.fromkeys(figure.groups or ()))
    x, y = drawable(figure.x, figure.x_scale), drawable(figure.y)
    low, high = (None if ends is None else drawable(ends) for ends in (figure.low, figure.high))
    known = [place for place in range(len(x)) if np.isfinite([x[place], y[place]]).all()]
    names = [readable(name) for name in figure.names]
    beside = _beside(names, x, y, known) if len(known) <= NAMED else {}
    rows: list[Spec] = [
        {"k": place, "x": number(x[place]), "y": number(y[place])}
        | ({"g": groups.index(figure.groups[place])} if figure.groups else {})
        | ({"n": beside[place]} if place in beside else {})
        | ({"l": number(low[place]), "h": number(high[place])} if low is not None and high is not None else {})
        for place in known
    ]
    said = [heading(figure.x_name), heading(figure.y_name)]
    axes: Spec = {
        name: {"field": name, "type": "quantitative", "title": title or None, "scale": {"zero": False}}
        for name, title in zip("xy", said, strict=True)
    }
    axes["x"]["axis"] = {"tickCount": 8, "labelOverlap": "greedy"}
    if figure.x_scale == "log":
        axes["x"]["scale"] = {"type": "log", "nice": False}
    looks: Spec = {"color": {"value": SERIES[0]}, "shape": {"value": "circle"}}
    if groups:
        paint = colours("g", len(groups), "groups", len(groups) > 1)
        looks = {"color": paint, "shape": shapes("g", range(len(groups))) | {"legend": paint["legend"]}}
    layers: list[Spec] = []
    if figure.joined:
        line = {"type": "line", "color": NONE, "strokeWidth": 1, "aria": False}
        layers.append({"mark": line, "encoding": axes | {"order": {"field": "k", "type": "quantitative"}}})
    if stepped := [place for place in figure.steps if place in known]:
        ways = [{"x": number(x[place]), "y": number(y[place])} for place in sorted(stepped, key=lambda one: x[one])]
        front = {"type": "line", "color": NONE, "interpolate": "step-after", "strokeDash": [4, 3], "aria": False}
        layers.append({"data": {"values": ways}, "mark": front, "encoding": axes})
    ends = ""
    if any(row.get("l") is not None and row.get("h") is not None for row in rows):
        ends = " + (isValid(datum.l) ? ' [' + format(datum.l, '.4~g') + ', ' + format(datum.h, '.4~g') + ']' : '')"
        span = axes | {"y": {**axes["y"], "field": "l"}, "y2": {"field": "h"}}
        whole = [{"filter": "isValid(datum.l) && isValid(datum.h)"}]
        bar = {"type": "bar", "orient": "vertical", "size": 2, "opacity": 0.7, "aria": False}
        layers.append({"transform": whole, "mark": bar, "encoding": span | {"color": looks["color"]}})
    dots = {"type": "point", "filled": True, "size": 50, "opacity": 0.9}
    layers.append({"mark": dots, "encoding": axes | looks | TELLS})
    if beside:
        words = {"type": "text", "align": "left", "dx": 6, "dy": -9, "fontSize": 12, "aria": False}
        named = [{"filter": "isValid(datum.n)"}]
        layers.append({"transform": named, "mark": words, "encoding": axes | {"text": {"field": "n"}}})
    params = parameters(whole=names, groups=groups, said=said)
    transform = [told(f"{OF} + said[0] + ' ' + format(datum.x, '.4~g') + ', ' + said[1] + {Y}{ends}")]
    size = {"width": WIDTH, "height": round(HEIGHT * 1.5)}
    return {"params": params, **size, "data": {"values": rows}, "transform": transform, "layer": layers}


def _beside(names: list[str], x: np.ndarray, y: np.ndarray, known: list[int]) -> dict[int, str]:
    """Return what stands beside a point: the names of all in its field, at the first of them."""
    fields: dict[tuple[int, int], list[int]] = {}
    for place in known:
        shares = [(one[place] - one[known].min()) / (np.ptp(one[known]) or 1.0) for one in (x, y)]
        field = round(shares[0] * APART[0]), round(shares[1] * APART[1])
        fields.setdefault(field, []).append(place)
    return {places[0]: clip(", ".join(names[one] for one in places), LONGEST) for places in fields.values()}
