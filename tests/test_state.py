"""State: the same few functions for recurrent states and KV caches, as laws over random nested States."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from seqloom import state as states
from seqloom.state import State


def recurrent(rows: int, size: int, seed: int) -> State:
    g = torch.Generator().manual_seed(seed)
    layer = {"h": torch.randn(rows, size, generator=g), "c": torch.randn(rows, size, generator=g)}
    return {"0": layer, "1": {"h": torch.randn(rows, 2, size, generator=g)}}


def cache(rows: int, capacity: int, length: int, seed: int) -> State:
    """Build a KV cache that holds `length` steps; what lies beyond is noise that must never be looked at."""
    g = torch.Generator().manual_seed(seed)
    keys = torch.randn(rows, 2, capacity, 3, generator=g)
    return {"keys": keys, "values": keys * 2, "length": torch.full((rows,), length)}


def same(a: State, b: State) -> bool:
    x, y = states.tensors(a), states.tensors(b)
    return len(x) == len(y) and all(torch.equal(p, q) for p, q in zip(x, y, strict=True))


sizes = st.integers(1, 5)
seeds = st.integers(0, 10_000)


@given(sizes, sizes, seeds, st.data())
def test_reorder_picks_rows_everywhere(rows: int, size: int, seed: int, data: st.DataObject) -> None:
    state = recurrent(rows, size, seed)
    index = data.draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=7))
    moved = states.reorder(state, torch.tensor(index))
    assert states.rows(moved) == len(index)
    for new, old in zip(states.tensors(moved), states.tensors(state), strict=True):
        for place, row in enumerate(index):
            assert torch.equal(new[place], old[row])


@given(sizes, sizes, seeds)
def test_reorder_back_is_the_identity(rows: int, size: int, seed: int) -> None:
    state = recurrent(rows, size, seed)
    shuffle = torch.randperm(rows, generator=torch.Generator().manual_seed(seed))
    assert same(states.reorder(states.reorder(state, shuffle), shuffle.argsort()), state)


@given(sizes, sizes, seeds, st.data())
def test_keep_takes_new_where_true_and_old_elsewhere(rows: int, size: int, seed: int, data: st.DataObject) -> None:
    new, old = recurrent(rows, size, seed), recurrent(rows, size, seed + 1)
    mask = data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    kept = states.keep(torch.tensor(mask), new, old)
    for got, fresh, past in zip(*map(states.tensors, (kept, new, old)), strict=True):
        for row, live in enumerate(mask):
            assert torch.equal(got[row], fresh[row] if live else past[row])


def test_keep_blocks_the_gradient_of_what_is_not_taken() -> None:
    new, old = torch.ones(2, 3, requires_grad=True), torch.ones(2, 3, requires_grad=True)
    kept = states.keep(torch.tensor([True, False]), {"h": new}, {"h": old})
    states.tensors(kept)[0].sum().backward()
    assert new.grad is not None and new.grad.tolist() == [[1] * 3, [0] * 3]
    assert old.grad is not None and old.grad.tolist() == [[0] * 3, [1] * 3]


def test_keep_of_a_cache_that_has_just_grown() -> None:
    grown, before = cache(2, capacity=8, length=5, seed=1), cache(2, capacity=4, length=4, seed=2)
    kept = states.keep(torch.tensor([True, False]), grown, before)
    keys, length = kept["keys"], kept["length"]
    assert isinstance(keys, Tensor) and isinstance(length, Tensor)
    assert keys.shape == (2, 2, 8, 3) and length.tolist() == [5, 4]
    assert torch.equal(keys[0], grown["keys"][0])  # type: ignore[index]
    assert torch.equal(keys[1, :, :4], before["keys"][1])  # type: ignore[index]
    assert (keys[1, :, 4:] == 0).all()


@given(sizes, sizes, seeds)
def test_split_then_stack_is_the_identity(rows: int, size: int, seed: int) -> None:
    state = recurrent(rows, size, seed)
    parts = states.split(state)
    assert [states.rows(part) for part in parts] == [1] * rows
    assert same(states.stack(parts), state)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), min_size=1, max_size=4), seeds)
def test_stack_pads_caches_to_the_largest_capacity(shapes: list[tuple[int, int]], seed: int) -> None:
    caches = [cache(rows, capacity, capacity, seed + n) for n, (rows, capacity) in enumerate(shapes)]
    joined = states.stack(caches)
    capacity = max(size for _, size in shapes)
    assert states.rows(joined) == sum(rows for rows, _ in shapes)
    keys = states.tensors(joined)[0]
    assert keys.shape[2] == capacity
    first = 0
    for (rows, own), one in zip(shapes, caches, strict=True):
        assert torch.equal(keys[first : first + rows, :, :own], states.tensors(one)[0])
        assert (keys[first : first + rows, :, own:] == 0).all()
        first += rows


def test_detach_cuts_the_gradient_and_keeps_the_numbers() -> None:
    weight = torch.ones(2, 3, requires_grad=True)
    state: State = {"0": {"h": weight * 2}, "1": {"h": weight * 3}}
    cut = states.detach(state)
    assert same(cut, state)
    assert not any(value.requires_grad for value in states.tensors(cut))
    assert all(value.requires_grad for value in states.tensors(state))


def test_nbytes_counts_every_tensor_by_its_type() -> None:
    state: State = {"a": {"h": torch.zeros(2, 3, dtype=torch.float64)}, "length": torch.zeros(2, dtype=torch.int64)}
    assert states.nbytes(state) == 2 * 3 * 8 + 2 * 8


def test_tensors_come_in_the_order_of_the_names() -> None:
    state: State = {"b": {"h": torch.tensor([1])}, "a": torch.tensor([2])}
    assert [int(value) for value in states.tensors(state)] == [1, 2]


def test_states_of_different_parts_do_not_join() -> None:
    with pytest.raises(KeyError, match="c"):
        states.stack([{"h": torch.zeros(1, 2), "c": torch.zeros(1, 2)}, {"h": torch.zeros(1, 2)}])


@given(sizes, seeds)
def test_each_leaves_its_input_alone(rows: int, seed: int) -> None:
    state, copy = recurrent(rows, 3, seed), recurrent(rows, 3, seed)
    states.each(lambda value: value + 1, state)
    assert same(state, copy)
