"""Pictures side by side: their pixels as they are, their texts below, escaped and cut."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from seqloom.report.drawing import as_svg, as_text, drawn_svg, empty
from seqloom.report.figures import Pictures

EVIL = "</svg><script>&나"
ONE = np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20
GRAY = np.array([[0.0, 255.0]])


def test_each_picture_is_drawn_once_with_its_lines() -> None:
    svg = drawn_svg(Pictures("errors", [ONE, GRAY], ["a\ntrue: x\ntold: y", EVIL]))
    tree = ElementTree.fromstring(svg)
    texts = ["".join(one.itertext()) for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["errors", "a", "true: x", "told: y", EVIL] and svg.count("<image") == 2
    assert "<script" not in svg
    sizes = re.findall(r'<image width="(\d+)" height="(\d+)"', svg)
    assert sizes == [("128", "128"), ("128", "64")], "each pixel is a square"


def test_pixels_are_those_of_the_picture() -> None:
    found = re.findall(r"base64,([^\"]+)", drawn_svg(Pictures("", [ONE], ["x"])))
    data = base64.b64decode(found[0])
    assert data.startswith(b"\x89PNG") and int.from_bytes(data[16:20]) == 128


def test_long_names_are_cut_and_rows_break() -> None:
    figure = Pictures("t", [ONE] * 7, ["가" * 60] * 7)
    svg = drawn_svg(figure)
    places = re.findall(r'<g transform="translate\((\d+) (\d+)\)', svg)
    assert len({y for _, y in places}) == 2 and places[6][0] == places[0][0]
    assert "가" * 29 + "…" in svg and f"<title>{'가' * 60}</title>" in svg


def test_on_a_terminal_there_are_the_texts() -> None:
    assert as_text(Pictures("t", [ONE], ["a\ntrue: x"], "below")) == "t\na, true: x\nbelow"
    assert as_svg(Pictures("t", [ONE], ["a"])).count("<image") == 1


def test_none_are_nothing_to_draw() -> None:
    assert empty(Pictures("t", [], [])) and "nothing to draw" in drawn_svg(Pictures("t", [], []))
    with pytest.raises(ValueError, match="a picture of shape"):
        drawn_svg(Pictures("t", [np.zeros(3)], ["x"]))
