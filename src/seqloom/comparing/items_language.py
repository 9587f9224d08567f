"""What each stretch of a text is worth to a language model.

A text has no rows, and models read it in windows of their own: in parallel tracks where State is carried, in windows
that overlap where each starts empty. So items are stretches of targets by their place in the text, the same for every
model of one vocabulary: two hundred or more of them, of 16 to 256 tokens, the last one shorter. What follows from a
word is felt for many tokens, so that shorter stretches would pass for more evidence than they are.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqloom.batch import Batch, Field
from seqloom.comparing.gathered import Gatherer, plain
from seqloom.comparing.measure import Items
from seqloom.heads.nats import wide
from seqloom.tasks.language import Language
from seqloom.tasks.task import Data, Say
from seqloom.training.run import Run

STRETCHES, LEAST, MOST = 200, 16, 256
"""Items wanted, and tokens of one."""
HEAD = "words"
Ints = NDArray[np.int64]


class TextItems(Gatherer):
    """Stretches of a text; their rarity is that of the tokens to be told."""

    usual = "nats"
    known = ("nats", "loss", "perplexity")

    def __init__(self, run: Run, data: Data, say: Say) -> None:
        super().__init__(run, say)
        assert isinstance(run.task, Language)
        self._carries = data.carries
        self._windows: list[tuple[tuple[int, ...], NDArray[np.bool_], NDArray[np.float64], Ints]] = []

    def add(self, outputs: dict[str, Tensor], batch: Batch) -> None:
        """Take a batch: nats, ids and which of them count, each [rows, time]."""
        target = batch.target[HEAD]
        assert target.mask is not None
        ids = target.values
        logits = wide(outputs[HEAD])
        nats = cross_entropy(logits.flatten(0, 1), ids.flatten(), reduction="none").view(ids.shape)
        self._windows.append((batch.rows, plain(target.mask), plain(nats), plain(ids)))

    def vocabulary(self) -> object:
        """Return that of the text."""
        return cast(Language, self.run.task).vocabulary

    def tokens(self, batch: Batch) -> Field:
        """Return the tokens to be told."""
        return batch.target[HEAD]

    def items(self) -> Items:
        """Return every stretch."""
        count = sum(int(mask.sum()) for _, mask, _, _ in self._windows)
        nats, ids, seen = np.zeros(count), np.zeros(count, np.int64), np.zeros(count, np.int64)
        for rows, mask, each, own in self._windows:
            places = self._places(rows, mask, count)[mask]
            nats[places], ids[places] = each[mask], own[mask]
            seen[places] += 1
        if not (seen == 1).all():
            raise ValueError("every token but the first counts once")
        size = min(MOST, max(LEAST, count // STRETCHES))
        starts = np.arange(0, count, size)
        sizes = np.diff([*starts, count])
        rarity = None
        if self.ranks is not None:
            rarity = [self.ranks.of(ids[start : start + size]) for start in starts]
        self.kept.put(range(len(starts)), np.stack([np.add.reduceat(nats, starts), sizes], -1), rarity=rarity)
        return self.kept.items(self.name)

    def _places(self, rows: tuple[int, ...], mask: NDArray[np.bool_], count: int) -> Ints:
        """Return which target of the text each of a batch is, [rows, time]; see `data/windows.py`.

        Tracks part all targets evenly, and a batch is one window of each; a window that starts empty has its own start.
        """
        steps = np.arange(mask.shape[1])
        if self._carries:
            tracks = len(mask)
            begin = np.arange(tracks) * count // tracks + max(0, rows[0])
        else:
            begin = np.maximum(np.asarray(rows, np.int64), 0)
        return begin[:, None] + steps
