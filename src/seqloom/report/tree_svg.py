"""Trees of hypotheses as SVG: a column for each step, a line to each way on.

The way to the answer is thick, what the search threw away is dashed and pale.
"""

from html import escape

from seqloom.report.attention_svg import INK, LINE, Label, text
from seqloom.report.figures import Tree
from seqloom.report.fitting import clip, heading, readable
from seqloom.report.heat_svg import opening, width_of
from seqloom.report.palette import ABOVE, NONE
from seqloom.report.tree_text import children, said

ROW, GAP = 34, 34
"""Pixels from one line of nodes to the next, and between the columns of two steps."""
DEEP = 60
"""Steps that are drawn."""
LONGEST = 14


def as_svg(tree: Tree, label: Label | None = None) -> str:
    """Return a tree as an SVG element, from left to right; a node says its token and score, and more to the pointer."""
    label = label or text
    ways = children(tree.nodes)
    depth = depths(tree)
    shown = [place for place in range(len(tree.nodes)) if depth[place] < DEEP]
    line: dict[int, float] = {}
    leaves = 0
    for place in _in_order(tree, ways):
        if depth[place] >= DEEP:
            continue
        below = [line[one] for one in ways[place] if one in line]
        if below:
            line[place] = (below[0] + below[-1]) / 2
        else:
            line[place] = leaves
            leaves += 1
    steps = max((depth[place] for place in shown), default=-1) + 1
    wides = [40] * steps
    for place in shown:
        wides[depth[place]] = max(wides[depth[place]], width_of(_token(tree, place)), width_of("-00.00"))
    starts = [sum(wides[:step]) + GAP * step for step in range(steps)]
    title = heading(tree.title)
    width = max((starts[-1] + wides[-1]) if starts else 0, width_of(title), 120) + 10
    parts = [*opening(title, tree.caption, width, LINE * 2 + ROW * leaves), label(title, 0, LINE / 2, "start")]
    for place in shown:
        node, x, y = tree.nodes[place], starts[depth[place]], LINE * 1.5 + ROW * line[place]
        if node.parent is not None:
            start = starts[depth[place] - 1] + wides[depth[place] - 1] + 2, LINE * 1.5 + ROW * line[node.parent]
            middle = (start[0] + x) / 2
            bend = f"M{start[0]:g} {start[1]:g}C{middle:g} {start[1]:g} {middle:g} {y:g} {x - 3:g} {y:g}"
            look = f'stroke="{ABOVE}" stroke-width="3" class="way"' if node.best else f'stroke="{NONE}"'
            look += "" if node.kept or node.best else ' stroke-dasharray="3 3"'
            parts.append(f'<path d="{bend}" fill="none" {look}/>')
        pale = "" if node.kept or node.best else ' opacity="0.7"'
        parts.append(f'<g class="node"{pale}><title>{escape(said(node))}</title>')
        parts.append(label(_token(tree, place), x, y - 7, "start"))
        parts.append(label(f"{node.score:.2f}", x, y + 8, "start"))
        if node.best:
            parts.append(f'<path d="M{x:g} {y + 17:g}h{width_of(_token(tree, place))}" class="ink" stroke="{INK}"/>')
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"])


def remarks(tree: Tree) -> list[str]:
    """Say what is not drawn, and how to read it."""
    found = ["The thick way, underlined, leads to the answer; dashed ones the search threw away. Numbers are scores."]
    beyond = sum(step >= DEEP for step in depths(tree))
    return found + ([f"{beyond} nodes after step {DEEP} are not drawn."] if beyond else [])


def depths(tree: Tree) -> list[int]:
    """Return how many steps each node lies from its root."""
    found: list[int] = []
    for node in tree.nodes:
        found.append(0 if node.parent is None else found[node.parent] + 1)
    return found


def _in_order(tree: Tree, ways: list[list[int]]) -> list[int]:
    """Return nodes with children before parents, and ways in the order in which they lie under one another."""
    order, waiting = [], [place for place, node in enumerate(tree.nodes) if node.parent is None]
    while waiting:
        place = waiting.pop()
        order.append(place)
        waiting += ways[place]
    return order[::-1]


def _token(tree: Tree, place: int) -> str:
    node = tree.nodes[place]
    return clip(readable(node.token), LONGEST) + ("" if node.kept or node.best else " ✕")
