"""Questions: the pairs of an evaluation that are answered freely, each with all its right answers."""

from collections.abc import Sequence

import numpy as np

from seqloom.data.pairs import Pair, Pairs


class Questions:
    """Which rows of `pairs` are answered: at most `most` of them, evenly spread over their lengths.

    With `variants` the rows of one source are one question, and all their targets are right answers to it. The spread
    begins with the shortest, so that the first rows of an evaluation tell which metrics there are.
    """

    def __init__(self, pairs: Pairs, lengths: Sequence[int], variants: bool, most: int | None = None) -> None:
        """`lengths` are those that an evaluation goes by, from the least to the greatest."""
        self.pairs = pairs
        by_length = np.argsort(np.asarray(lengths), kind="stable").tolist()
        self._same: dict[int, list[int]] = {}
        if variants:
            groups: dict[tuple[str, ...], list[int]] = {}
            for row in by_length:
                groups.setdefault(pairs[row].source, []).append(row)
            self._same = {rows[0]: rows for rows in groups.values()}
            by_length = list(self._same)
        self.all = len(by_length)
        asked = self.all if most is None else min(most, self.all)
        self.rows = frozenset(by_length[place * self.all // asked] for place in range(asked))

    def __len__(self) -> int:
        return len(self.rows)

    def pair(self, row: int) -> Pair:
        """Return a question and the answer of its own row."""
        return self.pairs[row]

    def shown(self, row: int) -> str:
        """Return what a person knows a question by."""
        return self.pairs.shown(row)

    def references(self, row: int) -> list[str]:
        """Return every right answer to a question, that of its own row first."""
        return list(dict.fromkeys(self.pairs[one].target for one in self._same.get(row, [row])))
