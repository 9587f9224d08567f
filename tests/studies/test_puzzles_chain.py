"""The made language: what may follow what, its texts, its entropy, and what it allows."""

import math

import torch

from seqloom.data.vocabulary import BOS, EOS, PAD
from seqloom.studies.puzzles import FIRST
from seqloom.studies.puzzles_chain import allowed, least, successors, texts, windows


def g(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_two_others_may_follow_each_symbol() -> None:
    follow = successors(g(), 9)
    for symbol, (one, two) in enumerate(follow.tolist(), FIRST):
        assert len({symbol, one, two}) == 3
        assert FIRST <= min(one, two) <= max(one, two) < FIRST + 9


def test_texts_end_and_are_allowed() -> None:
    follow = successors(g(), 6)
    batch = texts(g(1), follow, 200, 8)
    heard, wanted = batch.inputs["target"], batch.target["words"]
    assert wanted.mask is not None
    lengths = wanted.mask.sum(1) - 1
    assert set(lengths.tolist()) == {4, 5, 6, 7, 8}
    for row, length in enumerate(lengths.tolist()):
        ids = wanted.values[row].tolist()
        assert ids[length] == EOS
        assert ids[length + 1 :] == [PAD] * (8 - length)
        assert heard.values[row, : length + 1].tolist() == [BOS, *ids[:length]]
    assert bool(allowed(wanted.values, follow, 4, True).all())


def test_windows_have_no_end_and_are_allowed() -> None:
    follow = successors(g(), 6)
    batch = windows(g(1), follow, 50, 7)
    wanted = batch.target["words"].values
    assert batch.inputs["target"].values[:, 1:].equal(wanted[:, :-1])
    assert bool(allowed(wanted, follow, 3, False).all())
    assert not bool(allowed(wanted, follow, 3, True).any())


def test_what_the_language_forbids_is_seen() -> None:
    follow = torch.tensor([[1, 2], [2, 3], [3, 0], [0, 1]]) + FIRST
    a, b, c = FIRST, FIRST + 1, FIRST + 2
    rows = torch.tensor(
        [
            [a, b, c, EOS, a],  # what follows the end does not count
            [a, a, c, EOS, a],  # a may not follow a
            [a, b, EOS, a, b],  # too short
            [a, EOS, c, EOS, a],  # much too short
            [a, b, c, a, b],  # no end
            [BOS, b, c, EOS, a],  # no symbol
        ]
    )
    assert allowed(rows, follow, 3, True).tolist() == [True, False, False, False, False, False]
    assert allowed(rows, follow, 3, False).tolist() == [False, False, False, False, True, False]


def test_the_least_loss_is_that_of_knowing_the_language() -> None:
    follow = successors(g(), 8)
    cut = windows(g(1), follow, 30, 6)
    assert math.isclose(least(cut, 8, 6), (math.log(8) + 5 * math.log(2)) / 6)
    whole = texts(g(1), follow, 30, 6)
    mask = whole.target["words"].mask
    assert mask is not None
    count = int(mask.sum())
    nats = 30 * math.log(8) + (count - 60) * math.log(2) + 30 * math.log(4)  # lengths 3 to 6
    assert math.isclose(least(whole, 8, 6), nats / count)
