"""Trees of hypotheses on a terminal: of the ways on from a place, the longest goes on below, the others branch off."""

from collections.abc import Sequence

from rich.cells import cell_len

from seqloom.report.figures import Node, Tree
from seqloom.report.fitting import cut, readable


def as_text(tree: Tree, width: int) -> list[str]:
    """Return a line for each node: * on the way to the answer, x where the search threw it away."""
    ways = children(tree.nodes)
    sizes = [1] * len(tree.nodes)
    for place in range(len(tree.nodes) - 1, -1, -1):
        parent = tree.nodes[place].parent
        if parent is not None:
            sizes[parent] += sizes[place]
    waiting = [(place, "", "") for place in reversed(range(len(tree.nodes))) if tree.nodes[place].parent is None]
    lines = []
    while waiting:
        place, branch, margin = waiting.pop()
        lines.append(_line(tree.nodes[place], branch, width))
        below = sorted(ways[place], key=lambda one: (tree.nodes[one].best, sizes[one]))
        if below:
            waiting.append((below[-1], margin, margin))  # goes on at the same margin
        waiting += [(one, f"{margin}├─ ", f"{margin}│  ") for one in reversed(below[:-1])]
    return [*lines, "* on the way to the answer   x thrown away by the search"]


def children(nodes: Sequence[Node]) -> list[list[int]]:
    """Return the places of each node's children. Raises ValueError where a parent does not stand before its child."""
    ways: list[list[int]] = [[] for _ in nodes]
    for place, node in enumerate(nodes):
        if node.parent is not None:
            if not 0 <= node.parent < place:
                raise ValueError(f"node {place} has the parent {node.parent}, which does not stand before it")
            ways[node.parent].append(place)
    return ways


def said(node: Node) -> str:
    """Return what a node says: its token, its score and what is told about it."""
    return f"{readable(node.token)} {node.score:.3f}{f'  {readable(node.about)}' if node.about else ''}"


def _line(node: Node, branch: str, width: int) -> str:
    sign = "*" if node.best else " " if node.kept else "x"
    room = max(12, width - cell_len(branch) - 2)
    return f"{branch}{sign} {cut(said(node), room)}"
