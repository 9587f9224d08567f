"""The colours: seen on both papers, and never alone."""

import re

from seqloom.report.page_style import STYLE
from seqloom.report.palette import DASHES, LETTERS, NONE, SERIES, SHAPES


def light(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_each_is_seen_on_the_light_and_on_the_dark_page() -> None:
    papers = re.findall(r"--paper: (#\w+)", STYLE)
    assert len(papers) == 2
    for paper in (f"#{paper[1:] * 2}" if len(paper) == 4 else paper for paper in papers):
        for colour in (*SERIES, NONE):
            low, high = sorted((light(colour), light(paper)))
            assert (high + 0.05) / (low + 0.05) >= 3, (colour, paper)


def test_lines_differ_without_colours() -> None:
    assert len(set(SERIES)) == len(SERIES) and len(set(DASHES)) == len(DASHES)
    assert len(set(SHAPES)) == len(SHAPES) and len(set(LETTERS)) == 52
