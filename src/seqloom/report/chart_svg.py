"""Charts as SVG and PNG, without a browser."""

import re
from collections.abc import Callable

from seqloom.errors import ResourceError
from seqloom.report.lettered import without_boxes
from seqloom.report.vega import Spec

SCALE = 2
"""Pixels of a picture for one of the drawing."""
_TOLD = re.compile(r'<path aria-label="([^"]*)"([^>]*?)(?:/>|></path>)')


def as_svg(spec: Spec) -> str:
    """Return a chart as an SVG element; a mark says its numbers when the pointer is over it.

    Raises ResourceError where the program that draws, vl-convert-python, is not installed.
    """
    try:
        from vl_convert import vegalite_to_svg
    except ImportError:
        raise missing() from None
    svg = vegalite_to_svg(spec)
    return _TOLD.sub(r'<path aria-label="\1"\2><title>\1</title></path>', svg)


def as_png(spec: Spec, say: Callable[[str], None] = lambda note: None) -> bytes:
    """Return a chart as a PNG. `say` hears of letters that this machine has no font for. Raises as `as_svg`."""
    svg = without_boxes(as_svg({**spec, "background": "#ffffff"}), say)
    from vl_convert import svg_to_png

    return bytes(svg_to_png(svg, scale=SCALE))


def missing() -> ResourceError:
    """Return what to raise where charts cannot be drawn."""
    return ResourceError("a chart needs vl-convert-python, which is not installed: pip install 'seqloom[report]'.")
