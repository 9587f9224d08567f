"""The drawing: well-formed, with a cell a weight, and nothing of a token taken for markup."""

from xml.etree import ElementTree

import numpy as np
import pytest

from seqloom.report.attention_map import AttentionMap
from seqloom.report.attention_svg import CELL, as_svg

SVG = "{http://www.w3.org/2000/svg}"
EVIL = AttentionMap([[0.25, 0.75]], ["<script>", "월&'\""], ["</svg>\x07"], "a < b & '날짜'")


def cells(svg: str) -> list[ElementTree.Element]:
    return [rect for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]


def test_a_cell_says_its_tokens_and_weight() -> None:
    one, other = cells(as_svg(EVIL))
    assert [cell.find(f"{SVG}title").text for cell in (one, other)] == [  # type: ignore[union-attr]
        "</svg>\\x07 ← <script>: 0.250",
        "</svg>\\x07 ← 월&'\": 0.750",
    ]
    assert (one.get("fill-opacity"), other.get("fill-opacity")) == ("0.333", "1.000"), "beside the largest"
    assert float(other.get("x")) - float(one.get("x")) == CELL  # type: ignore[arg-type]


def test_texts_are_those_of_the_map() -> None:
    found = [text.text for text in ElementTree.fromstring(as_svg(EVIL)).iter(f"{SVG}text")]
    assert found == ["a < b & '날짜'", "<script>", "월&'\"", "</svg>\\x07", "0", "0.75"]


def test_rows_go_down_and_columns_right() -> None:
    weights = np.arange(6).reshape(2, 3) / 15
    drawn = cells(as_svg(AttentionMap(weights, list("abc"), list("de"))))
    said = {(float(c.get("x")), float(c.get("y"))): c.find(f"{SVG}title").text for c in drawn}  # type: ignore
    assert [said[place][:5] for place in sorted(said, key=lambda at: (at[1], at[0]))] == [
        "d ← a", "d ← b", "d ← c", "e ← a", "e ← b", "e ← c",
    ]  # fmt: skip


def test_each_head_has_a_panel_beside_their_mean() -> None:
    svg = as_svg(AttentionMap(np.full((3, 1, 2), 0.5), ["a", "b"], ["c"], "t"))
    texts = [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert len(cells(svg)) == 8 and [one for one in texts if one and len(one) > 5] == [
        "t (mean of 3 heads)", "head 1", "head 2", "head 3",
    ]  # fmt: skip


@pytest.mark.parametrize("source", [["토요일"] * 3, list("ab토"), ["a" * 90]])
def test_everything_is_inside_the_picture(source: list[str]) -> None:
    svg = ElementTree.fromstring(as_svg(AttentionMap(np.ones((2, 2, len(source))), source, ["x", "이천이십육년"])))
    left, top, width, height = map(float, svg.get("viewBox", "").split())
    for panel in svg.findall(f"{SVG}g"):
        x, y = map(float, panel.get("transform", "")[10:-1].split())
        for rect in panel.iter(f"{SVG}rect"):
            right = x + float(rect.get("x")) + float(rect.get("width"))  # type: ignore[arg-type]
            bottom = y + float(rect.get("y")) + float(rect.get("height"))  # type: ignore[arg-type]
            assert right <= left + width and bottom <= top + height
