"""Trees on a terminal."""

import pytest
from rich.cells import cell_len

from seqloom.report.figures import Node, Tree
from seqloom.report.tree_text import as_text

TREE = Tree(
    "",
    [
        Node(None, "<s>", 0.0, best=True),
        Node(0, "the", -0.1, best=True),
        Node(0, "a", -0.9),
        Node(1, "고양이", -0.5, best=True),
        Node(1, "dog", -1.5, kept=False),
        Node(2, "cow", -2.0, kept=False, about="pruned"),
    ],
)


def test_the_way_to_the_answer_goes_straight_down() -> None:
    assert as_text(TREE, 60)[:-1] == [
        "* <s> 0.000",
        "├─   a -0.900",
        "│  x cow -2.000  pruned",
        "* the -0.100",
        "├─ x dog -1.500",
        "* 고양이 -0.500",
    ]


def test_a_long_search_stays_narrow() -> None:
    nodes = [Node(None, "s", 0.0, best=True)]
    last = 0
    for step in range(500):
        nodes += [Node(last, "x" * 30, -float(step), best=True), Node(last, "y", -9.0, kept=False)]
        last = len(nodes) - 2
    lines = as_text(Tree("", nodes), 40)
    assert len(lines) == len(nodes) + 1 and max(map(cell_len, lines[:-1])) <= 40


def test_two_roots_are_two_trees() -> None:
    assert as_text(Tree("", [Node(None, "a", 0.0), Node(None, "b", 0.0), Node(1, "c", 0.0)]), 40)[:-1] == [
        "  a 0.000",
        "  b 0.000",
        "  c 0.000",
    ]


@pytest.mark.parametrize("parent", [1, 2, -1])
def test_a_child_before_its_parent_is_our_mistake(parent: int) -> None:
    with pytest.raises(ValueError, match="does not stand before it"):
        as_text(Tree("", [Node(None, "a", 0.0), Node(parent, "b", 0.0)]), 40)
