"""Beam: the best of a row among equals, and slots. What a whole search finds is in test_search.py."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.decoding.beam import Beam, best

rows = st.integers(1, 12).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([-math.inf, -1.0, 0.0, 0.5, 2.0]), min_size=n, max_size=n), min_size=1, max_size=4
    )
)


@given(rows, st.integers(1, 15))
def test_the_best_are_the_highest_and_then_the_first(values: list[list[float]], k: int) -> None:
    top, place = best(torch.tensor(values), k)
    for row, ours, places in zip(values, top.tolist(), place.tolist(), strict=True):
        wanted = sorted(range(len(row)), key=lambda i: (-row[i], i))[:k]
        open_ = [one for one in wanted if row[one] > -math.inf]
        assert places[: len(open_)] == open_
        assert ours == [row[one] for one in wanted]


def test_a_slot_that_is_given_up_is_given_up_once_for_each_that_finished() -> None:
    beam = Beam(3, 2, torch.device("cpu"))
    logits = torch.arange(10.0).expand(2, -1)
    norm, total, owner = torch.zeros(2), torch.zeros(2, dtype=torch.float64), torch.tensor([0, 1])

    def taken() -> list[list[int]]:
        choice = beam.pick(-logits, norm, total, owner)
        return [choice.token[choice.parent == row].tolist() for row in range(2)]

    assert taken() == [[0, 1, 2], [0, 1, 2]]
    beam.follow(torch.tensor([0]), torch.tensor([1, 1]))
    assert taken() == [[0, 1, 2], [0]]
    beam.follow(torch.tensor([0]), torch.tensor([0, 1]))
    assert taken() == [[0, 1], []]


@given(rows)
def test_one_slot_holds_the_best_continuation_of_each_row(values: list[list[float]]) -> None:
    allowed, total = torch.tensor(values), torch.zeros(len(values), dtype=torch.float64)
    owner, norm = torch.arange(len(values)), torch.zeros(len(values))
    one = Beam(1, len(values), torch.device("cpu")).pick(allowed, norm, total, owner)
    wanted = {row: value.index(max(value)) for row, value in enumerate(values) if max(value) > -math.inf}
    assert dict(zip(one.parent.tolist(), one.token.tolist(), strict=True)) == wanted
    assert one.stuck.tolist() == [row not in wanted for row in range(len(values))]
