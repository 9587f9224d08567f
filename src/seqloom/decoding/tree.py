"""Tree: what a search followed, what it threw away and what it ended with, written down as it picks.

tree = Tree(settings.eos, spare=5)
decode([model], batch, settings, watch=tree.around)
tree.nodes                                    # parents before children; the first is the root
"""

import math
from dataclasses import dataclass

from torch import Tensor

from seqloom.decoding.search import Choice, Picker


@dataclass(frozen=True)
class Branch:
    """A token after a hypothesis.

    parent   the place of the hypothesis in the list of nodes; None: the root, which has no token
    total    ln p of the hypothesis with the token, in nats
    kept     False where another found the slot
    ended    the token ends the hypothesis
    """

    parent: int | None
    token: int
    total: float
    kept: bool = True
    ended: bool = False


class Tree:
    """Writes down the search for one sentence; `spare` of those thrown away a step, the best."""

    def __init__(self, eos: int, spare: int) -> None:
        self.nodes = [Branch(None, -1, 0.0)]
        self._eos, self._spare, self._live = eos, spare, [0]

    def around(self, picker: Picker) -> Picker:
        """Return a picker that picks as this one does, and is written down."""
        return _Watched(self, picker)

    def grow(self, scores: Tensor, choice: Choice) -> None:
        """Add a step: scores [rows, vocabulary], ln p of every hypothesis with every token, and what was chosen."""
        chosen = list(zip(choice.parent.tolist(), choice.token.tolist(), strict=True))
        live = []
        for row, token in chosen:
            ended = token == self._eos
            if not ended:
                live.append(len(self.nodes))
            self.nodes.append(Branch(self._live[row], token, float(scores[row, token]), True, ended))
        taken, width = set(chosen), scores.shape[1]
        values, places = scores.flatten().topk(min(scores.numel(), len(chosen) + self._spare))
        others = [
            (place // width, place % width, value)
            for value, place in zip(values.tolist(), places.tolist(), strict=True)
            if value > -math.inf and (place // width, place % width) not in taken
        ]
        for row, token, value in others[: self._spare]:
            self.nodes.append(Branch(self._live[row], token, value, False, token == self._eos))
        self._live = live

    def written(self, node: int) -> list[int]:
        """Return the tokens from the root to a node."""
        ids: list[int] = []
        at: int | None = node
        while at is not None and self.nodes[at].parent is not None:
            ids.append(self.nodes[at].token)
            at = self.nodes[at].parent
        return ids[::-1]

    def way(self, ids: tuple[int, ...], finished: bool) -> list[int]:
        """Return the nodes on the way to a hypothesis, the root first; the end is one where it is finished."""
        wanted, way = [*ids, *([self._eos] if finished else [])], [0]
        for token in wanted:
            below = (
                at for at, node in enumerate(self.nodes) if node.parent == way[-1] and node.token == token and node.kept
            )
            found = next(below, None)
            if found is None:
                return []
            way.append(found)
        return way


class _Watched:
    def __init__(self, tree: Tree, picker: Picker) -> None:
        self._tree, self._picker = tree, picker

    def pick(self, allowed: Tensor, norm: Tensor, total: Tensor, owner: Tensor) -> Choice:
        if int(owner.min()) != int(owner.max()):
            raise ValueError("a tree is of one sentence")
        choice = self._picker.pick(allowed, norm, total, owner)
        self._tree.grow(total.unsqueeze(1) + (allowed - norm.unsqueeze(1)).clamp(max=0).double(), choice)
        return choice

    def follow(self, index: Tensor, finished: Tensor) -> None:
        self._picker.follow(index, finished)
