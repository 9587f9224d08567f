"""Trees as SVG."""

import xml.etree.ElementTree as ElementTree

from seqloom.report.figures import Node, Tree
from seqloom.report.tree_svg import DEEP, as_svg, remarks

SVG = "{http://www.w3.org/2000/svg}"
NODES = [Node(None, "<s>", 0.0, best=True), Node(0, "a", -0.1, best=True), Node(0, "b", -2.0, kept=False)]


def test_the_best_way_is_thick_and_what_was_thrown_away_is_dashed() -> None:
    root = ElementTree.fromstring(as_svg(Tree("beam", NODES)))
    ways = [
        (one.get("stroke-width"), one.get("stroke-dasharray")) for one in root.iter(f"{SVG}path") if one.get("fill")
    ]
    assert ways == [("3", None), (None, "3 3")]
    assert [one.text for one in root.iter(f"{SVG}title")] == ["<s> 0.000", "a -0.100", "b -2.000"]
    words = [one.text for one in root.iter(f"{SVG}text")]
    assert words == ["beam", "<s>", "0.00", "a", "-0.10", "b ✕", "-2.00"]


def test_nodes_of_a_step_lie_under_one_another() -> None:
    root = ElementTree.fromstring(as_svg(Tree("", NODES)))
    x = {one.text: (float(one.get("x", "")), float(one.get("y", ""))) for one in root.iter(f"{SVG}text")}
    assert x["a"][0] == x["b ✕"][0] > x["<s>"][0] and round(x["b ✕"][1] - x["a"][1], 3) == 34
    assert abs(x["<s>"][1] - (x["a"][1] + x["b ✕"][1]) / 2) < 1e-6


def test_what_is_too_deep_to_draw_is_said() -> None:
    deep = Tree("", [Node(at - 1 if at else None, "t", 0.0) for at in range(DEEP + 5)])
    assert as_svg(deep).count('class="node"') == DEEP
    assert remarks(deep)[-1] == f"5 nodes after step {DEEP} are not drawn." and len(remarks(Tree("", NODES))) == 1
