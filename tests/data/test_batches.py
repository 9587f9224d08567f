"""Batches of rows of many lengths."""

import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import batches as module
from seqloom.data.batches import Batches, buckets, in_order, pad


def check(lengths: list[int], batch_tokens: int, batches: Batches) -> None:
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(max(lengths[row], 1) for row in batch)
        assert len(batch) == 1 or longest * len(batch) <= batch_tokens


@given(st.lists(st.integers(0, 60), max_size=200), st.integers(1, 100), st.integers(0, 9), st.integers(0, 9))
def test_every_row_once_within_the_budget(lengths: list[int], batch_tokens: int, seed: int, epoch: int) -> None:
    batches = buckets(lengths, batch_tokens, seed, epoch)
    check(lengths, batch_tokens, batches)
    again = buckets(lengths, batch_tokens, seed, epoch)
    assert all(np.array_equal(one, two) for one, two in zip(batches, again, strict=True))
    check(lengths, batch_tokens, in_order(lengths, batch_tokens))


def test_little_padding_few_batches_and_another_order_each_epoch() -> None:
    lengths = np.random.default_rng(1).lognormal(3, 0.7, 20_000).astype(int)
    batches = buckets(lengths, 4096, 7, 0)
    positions = sum(lengths[batch].max() * len(batch) for batch in batches)
    assert positions / lengths.sum() < 1.1
    assert len(batches) < 1.15 * lengths.sum() / 4096
    other = buckets(lengths, 4096, 7, 1)
    companions = {frozenset(batch.tolist()) for batch in batches}
    assert not companions & {frozenset(batch.tolist()) for batch in other}
    longest = np.array([lengths[batch].max() for batch in batches])
    assert 0.4 < (np.diff(longest) > 0).mean() < 0.6  # lengths come in no order


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=200), st.integers(1, 100), st.integers(0, 9)
)
def test_rows_of_two_lengths_come_once_within_the_budget(
    pairs: list[tuple[int, int]], batch_tokens: int, seed: int
) -> None:
    longer, leans = [max(pair) for pair in pairs], [one - other for one, other in pairs]
    check(longer, batch_tokens, buckets(longer, batch_tokens, seed, 0, leans))


def test_little_padding_on_both_sides_of_pairs() -> None:
    """Lengths like those of Multi30k: 16 tokens a side, the sides alike but for a few tokens."""
    draw = np.random.default_rng(2)
    one = np.maximum(1, draw.lognormal(2.72, 0.3, 30_000)).astype(int)
    sides = np.stack([one, np.maximum(1, one + draw.normal(0, 2.4, len(one))).astype(int)])

    def padding(batches: Batches) -> float:
        return 1 - sides.sum() / sum(sides[:, batch].max(1).sum() * len(batch) for batch in batches)

    longer, leans = sides.max(0), sides[0] - sides[1]
    for most, share in ((2048, 0.02), (4096, 0.025), (8192, 0.03)):
        alone, both = buckets(longer, most, 7, 0), buckets(longer, most, 7, 0, leans)
        assert padding(both) < share < 0.06 < padding(alone)
        assert len(both) < (1.06 if most <= 4096 else 1.25) * len(alone)  # larger ones end where rows get longer
        companions = {frozenset(batch.tolist()) for batch in both}
        for epoch in (1, 2):  # lengths grow and shrink in turn, so the one after next begins like this one
            again = companions & {frozenset(batch.tolist()) for batch in buckets(longer, most, 7, epoch, leans)}
            assert len(again) < 0.1 * len(both)  # the longest rows are few, so they always meet


def test_a_pool_does_not_hold_the_whole_data() -> None:
    """Rows must mix anew from epoch to epoch: with one pool, the longest would always meet."""
    lengths = np.arange(1, 20_001) % 50 + 1
    longest = [set(np.concatenate(buckets(lengths, 500, 7, epoch)[:100]).tolist()) for epoch in (0, 1)]
    assert len(longest[0] & longest[1]) < 0.5 * len(longest[0])


def test_in_order_is_sorted() -> None:
    batches = in_order([5, 1, 3, 1, 0], 6)
    assert [batch.tolist() for batch in batches] == [[1, 3, 4], [2], [0]]


def test_pad() -> None:
    field = pad([[5, 6, 7], [], [8]])
    assert torch.equal(field.values, torch.tensor([[5, 6, 7], [0, 0, 0], [8, 0, 0]]))
    assert field.mask is not None
    assert field.mask.tolist() == [[True] * 3, [False] * 3, [True, False, False]]
    assert field.values.dtype == torch.int64


@pytest.mark.parametrize("rows", [[[]], [[], []]])
def test_only_empty_rows_still_have_a_step(rows: list[list[int]]) -> None:
    field = pad(rows)
    assert field.values.shape == (len(rows), 1)
    assert field.mask is not None and not field.mask.any()


@given(st.lists(st.integers(-70_000, 70_000), max_size=60), st.booleans())
def test_numbers_of_16_bits_are_sorted_like_others(values: list[int], small: bool) -> None:
    array = np.array([value % 9 for value in values] if small else values, np.int64)
    assert module._sorted(array).tolist() == sorted(range(len(array)), key=array.__getitem__)


def test_the_batches_of_an_epoch_stay_what_they_were() -> None:
    """A resumed training goes on in the order that it began with."""
    draw = np.random.default_rng(5)
    longer, lean = draw.integers(0, 80, 3000), draw.integers(-9, 9, 3000)
    for leans, said in ((None, "6e7d2cdb06cc088d"), (lean, "c2d3e9e024dd879b")):
        found = buckets(longer, 600, 3, 2, leans)
        content = hashlib.sha256(b"".join(np.asarray(batch, np.int64).tobytes() + b"|" for batch in found)).hexdigest()
        assert content[:16] == said
