"""Every kind of figure, drawn each way."""

import re
import xml.etree.ElementTree as ElementTree
from typing import get_args

import numpy as np
import pytest
from rich.cells import cell_len

from seqloom.report.drawing import NOTHING, as_png, as_svg, as_text, drawn_svg, empty, remarks
from seqloom.report.figures import (
    Bars,
    Figure,
    Heat,
    Intervals,
    Line,
    Lines,
    Marked,
    Node,
    Pictures,
    Points,
    Shaded,
    Table,
    Tree,
)
from seqloom.report.look import Look

X = np.arange(3.0)
ODD = "<b>나</b> \u202e & שלום 😀"
FULL: list[Figure] = [
    Lines(ODD, [Line(ODD, X, X)], ODD, ODD, ticks=[ODD] * 3, caption="said below"),
    Bars(ODD, [ODD] * 3, X, ODD, caption="said below"),
    Intervals(ODD, [ODD] * 3, X, X - 1, X + 1, ODD, [ODD, "b", "b"], [[0.5]], 0.0, caption="said below"),
    Heat(ODD, np.eye(3), [ODD] * 3, [ODD] * 3, ODD, ODD, caption="said below"),
    Points(ODD, X, X, [ODD] * 3, ODD, ODD, caption="said below"),
    Marked(ODD, [ODD] * 3, X, caption="said below"),
    Tree(ODD, [Node(None, ODD, 0.0)], caption="said below"),
    Pictures(ODD, [np.zeros((4, 4))], [ODD], caption="said below"),
    Shaded(ODD, Look(np.zeros((4, 4)), np.full((1, 2, 2), 0.25), [ODD], ODD), caption="said below"),
    Table(ODD, [ODD], [[ODD], [1]], caption="said below"),
]
EMPTY: list[Figure] = [
    Lines("t", [], "x", "y"),
    Lines("t", [Line("a", X, X * np.nan)], "x", "y"),
    Lines("t", [Line("a", X, -X)], "x", "y", y_scale="log"),
    Bars("t", [], np.zeros(0), "y"),
    Intervals("t", [], np.zeros(0), np.zeros(0), np.zeros(0), "x"),
    Intervals("t", ["a"], np.full(1, np.nan), np.zeros(1), np.ones(1), "x"),
    Heat("t", np.zeros((0, 0)), [], []),
    Heat("t", np.zeros((2, 0)), ["a", "b"], []),
    Points("t", np.zeros(0), np.zeros(0), []),
    Points("t", -X, X, ["a"] * 3, x_scale="log"),
    Marked("t", [], np.zeros(0)),
    Tree("t", []),
    Table("t", ["a"], []),
]


def test_there_is_one_of_each_kind() -> None:
    assert {type(one) for one in FULL} == set(get_args(Figure))


@pytest.mark.parametrize("figure", FULL, ids=lambda one: type(one).__name__)
def test_as_text_it_has_its_title_and_its_caption(figure: Figure) -> None:
    lines = as_text(figure, 80).splitlines()
    assert lines[0] == "<b>나</b> \\u202e & שלום 😀" and lines[-1] == "said below" and len(lines) > 2
    assert isinstance(figure, Table) or max(map(cell_len, lines)) <= 80
    assert not any(line != line.rstrip() for line in lines) and "\u202e" not in "".join(lines)


@pytest.mark.parametrize("figure", FULL, ids=lambda one: type(one).__name__)
def test_as_svg_it_is_whole_and_brings_its_hangul(figure: Figure) -> None:
    svg = as_svg(figure)
    root = ElementTree.fromstring(svg)
    words = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any("나" in one for one in words) and "\u202e" not in svg
    assert "font/ttf" in svg and not re.search(r"https?://(?!www\.w3\.org)", svg)


@pytest.mark.parametrize("figure", [*FULL, *EMPTY], ids=lambda one: type(one).__name__)
def test_as_svg_of_its_own_it_lies_on_white(figure: Figure) -> None:
    root = ElementTree.fromstring(as_svg(figure))
    left, top = (root.get("viewBox") or "").split()[:2]
    paper = next(one for one in root if one.tag.endswith("rect"))
    assert (paper.get("x"), paper.get("y"), paper.get("width"), paper.get("fill")) == (left, top, "100%", "#ffffff")
    assert drawn_svg(figure).count('width="100%"') == 0, "on a page it has the page's paper"


def test_as_svg_without_hangul_there_is_no_font() -> None:
    assert "@font-face" not in as_svg(Table("t", ["a"], [[1]]))


@pytest.mark.parametrize("figure", FULL, ids=lambda one: type(one).__name__)
def test_as_png_it_is_a_picture(figure: Figure) -> None:
    assert as_png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("figure", EMPTY, ids=lambda one: type(one).__name__)
def test_with_nothing_in_it_it_says_so(figure: Figure) -> None:
    assert empty(figure) and as_text(figure).splitlines()[:2] == ["t", NOTHING]
    assert NOTHING in as_svg(figure) and as_png(figure).startswith(b"\x89PNG") and remarks(figure) == []


def test_what_is_left_out_is_said_on_a_terminal_too() -> None:
    figure = Lines("t", [Line("a", X, X)], "x", "y", y_scale="log")
    assert as_text(figure).splitlines()[-1].startswith("1 of its points is at 0 or below")
