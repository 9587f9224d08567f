"""Words of Vega-Lite (Satyanarayan et al. 2017) that all charts share.

No text of a user stands in an expression: texts are parameters, which expressions look up by number.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqloom.report.attention_svg import FONT
from seqloom.report.figures import Floats
from seqloom.report.fitting import readable
from seqloom.report.heat_svg import width_of
from seqloom.report.palette import SERIES, SHAPES

Spec = dict[str, Any]
WIDTH, HEIGHT = 680, 260
LIMIT = 260
"""Pixels of a text along an axis at most; the rest of it is left out."""
OF = "whole[datum.k] + ': '"
Y = "' ' + format(datum.y, '.4~g')"
TELLS: Spec = {"tooltip": {"field": "told"}, "description": {"field": "told"}}
"""What a mark says to the pointer, and to who cannot see it. Vega-Lite's own words for that are an expression in which
it writes the names of axes without care for a backslash in them; so marks that need none are `"aria": False`."""


def parameters(*, groups: list[str], **lists: list[str]) -> list[Spec]:
    """Return texts under names by which expressions know them."""
    known = lists | {"groups": [readable(one) for one in groups]}
    return [{"name": name, "value": value} for name, value in known.items()]


def told(expression: str) -> Spec:
    """Return what makes the words that a mark says."""
    return {"calculate": expression, "as": "told"}


def colours(field: str, count: int, names: str, shown: bool, first: int = 0) -> Spec:
    """Return the colours of so many things, numbered from `first`, whose names are a parameter."""
    kinds = [SERIES[number % len(SERIES)] for number in range(count)]
    scale = {"domain": list(range(first, first + count)), "range": kinds}
    return {"field": field, "type": "nominal", "scale": scale, "legend": legend(names, first) if shown else None}


def shapes(field: str, things: Sequence[str | int]) -> Spec:
    """Return the shapes of some things."""
    scale = {"domain": list(things), "range": [SHAPES[number % len(SHAPES)] for number in range(len(things))]}
    return {"field": field, "type": "nominal", "scale": scale}


def legend(names: str, first: int = 0) -> Spec:
    """Return a legend whose names are a parameter; two with the same numbers would be drawn as one."""
    return {"title": None, "labelExpr": f"{names}[datum.value - {first}]", "symbolOpacity": 1}


def pixels(texts: Sequence[str]) -> int:
    """Return how wide the widest of some texts is, for programs that know no font with its letters."""
    return min(LIMIT, max((width_of(readable(one)) * 12 // FONT for one in texts), default=0))


def drawable(values: Floats, scale: str = "linear") -> Floats:
    """Return values with NaN for what has no place on a scale."""
    array = np.asarray(values, np.float64)
    return np.where(np.isfinite(array) & ((array > 0) if scale == "log" else True), array, np.nan)


def number(value: float) -> float | None:
    """Return a value to six digits, as JSON has it."""
    return float(f"{value:.6g}") if np.isfinite(value) else None
