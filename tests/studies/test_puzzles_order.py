"""A puzzle of order: the label is which of two marks comes first, and nothing else tells it."""

import torch

from seqloom.studies.puzzles import FIRST
from seqloom.studies.puzzles_order import which_first


def test_the_label_says_which_mark_comes_first() -> None:
    batch = which_first(torch.Generator().manual_seed(0), 400, 6, symbols=3)
    source, label = batch.inputs["source"].values, batch.target["label"].values
    for row, told in zip(source.tolist(), label.tolist(), strict=True):
        assert row.count(FIRST + 3) == row.count(FIRST + 4) == 1
        assert told == int(row.index(FIRST + 4) < row.index(FIRST + 3))
    assert 160 < int(label.sum()) < 240
    assert source.min() >= FIRST and source.max() == FIRST + 4
