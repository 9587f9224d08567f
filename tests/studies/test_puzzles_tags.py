"""Puzzles of tags: the answer lies where it is said to."""

import pytest
import torch

from seqloom.studies.puzzles import FIRST
from seqloom.studies.puzzles_tags import LIES, Lies, guess, tagged


@pytest.mark.parametrize("lies", LIES)
def test_a_tag_is_told_by_the_steps_it_lies_at(lies: Lies) -> None:
    batch = tagged(torch.Generator().manual_seed(0), 30, 9, lies, away=2, symbols=5)
    source, target = batch.inputs["source"].values - FIRST, batch.target["tags"]
    assert target.mask is not None
    assert target.mask.tolist() == [[False] * 2 + [True] * 5 + [False] * 2] * 30
    for row in range(30):
        for step in range(2, 7):
            before, after = int(source[row, step - 2]), int(source[row, step + 2])
            wanted = {"past": before, "future": after, "both sides": int(before < after)}[lies]
            assert int(target.values[row, step]) == wanted
    assert not target.values[~target.mask].any()


@pytest.mark.parametrize("symbols", [2, 5, 8])
def test_a_guess_is_the_best_that_one_side_alone_allows(symbols: int) -> None:
    count = 0
    for before in range(symbols):
        tags = [before < after for after in range(symbols)]
        count += max(sum(tags), symbols - sum(tags))
    assert guess("both sides", symbols) == pytest.approx(count / symbols**2)
    assert guess("future", symbols) == guess("past", symbols) == 1 / symbols
