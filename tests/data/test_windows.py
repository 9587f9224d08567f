"""Windows: every token a target once, State in time order, context as promised."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.windows import Sliding, Tracks
from seqloom.errors import InputError

LENGTH = st.integers(2, 120)
SEED = st.none() | st.integers(0, 50)


@given(LENGTH, st.integers(1, 9), st.integers(1, 17), SEED, st.integers(0, 5))
def test_tracks_have_every_target_once_and_in_time_order(
    length: int, rows: int, window: int, seed: int | None, epoch: int
) -> None:
    tracks = Tracks(np.arange(100, 100 + length, dtype=np.int32), rows, window)
    read: list[list[int]] = [[] for _ in range(tracks.rows)]
    for start in tracks.order(epoch, seed):
        inputs, targets, mask = tracks.load(start)
        assert inputs.shape == targets.shape == mask.shape and inputs.dtype == torch.int64
        assert 1 <= inputs.shape[1] <= window and inputs.shape[0] == tracks.rows
        assert not (mask[:, 1:] & ~mask[:, :-1]).any()
        assert torch.equal(targets[mask], inputs[mask] + 1)
        assert not inputs[~mask].any() and not targets[~mask].any()
        for row in range(tracks.rows):
            read[row] += targets[row][mask[row]].tolist()
    assert [token for row in read for token in row] == list(range(101, 100 + length))
    assert max(map(len, read)) - min(map(len, read)) <= 1


@given(LENGTH, st.integers(1, 17), st.data(), SEED, st.integers(0, 5))
def test_sliding_windows_have_every_target_once_with_enough_context(
    length: int, window: int, data: st.DataObject, seed: int | None, epoch: int
) -> None:
    stride = data.draw(st.integers(1, window))
    sliding = Sliding(np.arange(100, 100 + length, dtype=np.int32), window, stride)
    starts = sliding.order(epoch, seed)
    counted: Counter[int] = Counter()
    for batch in (starts[place : place + 3] for place in range(0, len(starts), 3)):
        inputs, targets, mask = sliding.load(batch)
        assert inputs.shape == targets.shape == mask.shape and inputs.shape[1] <= window
        for row, start in enumerate(batch):
            counted.update(targets[row][mask[row]].tolist())
            for place in mask[row].nonzero().flatten().tolist():
                assert targets[row, place] == inputs[row, place] + 1
                assert start <= 0 or place >= window - stride  # so many tokens stand before the one it reads last
                context = inputs[row, : place + 1].tolist()
                assert context == list(range(context[0], context[0] + place + 1))
    assert counted == Counter(range(101, 100 + length))


def test_by_hand() -> None:
    inputs, targets, mask = Tracks(np.arange(8), 2, 3).load(3)  # 7 targets: tracks of 3 and 4
    assert inputs.tolist() == [[0], [6]] and targets.tolist() == [[0], [7]] and mask.tolist() == [[False], [True]]
    inputs, targets, mask = Sliding(np.arange(8), 4, 2).load(np.array([0, 4]))
    assert inputs.tolist() == [[0, 1, 2, 3], [4, 5, 6, 0]]
    assert mask.tolist() == [[True] * 4, [False, False, True, False]]


@pytest.mark.parametrize("make", [lambda ids: Tracks(ids, 4, 16), lambda ids: Sliding(ids, 16)])
def test_epochs_cut_the_text_elsewhere_but_the_same_for_the_same_seed(make) -> None:  # type: ignore[no-untyped-def]
    windows = make(np.arange(2000))
    orders = [tuple(windows.order(epoch, 7)) for epoch in range(6)]
    assert len({order[-1] % 16 for order in orders}) > 2
    assert orders == [tuple(windows.order(epoch, 7)) for epoch in range(6)]
    assert orders != [tuple(windows.order(epoch, 8)) for epoch in range(6)]
    assert tuple(windows.order(3)) == tuple(windows.order(0)) == tuple(sorted(windows.order(0)))


def test_tracks_stay_in_time_order_and_sliding_windows_do_not() -> None:
    assert all(np.diff(Tracks(np.arange(500), 2, 8).order(1, 7)) == 8)
    assert not all(np.diff(Sliding(np.arange(500), 8).order(1, 7)) == 8)


def test_a_first_window_is_at_least_half_a_window() -> None:
    tracks = Tracks(np.arange(1000), 1, 9)
    assert {tracks.load(tracks.order(epoch, 3)[0])[0].shape[1] for epoch in range(60)} == {5, 6, 7, 8, 9}


def test_more_tracks_than_targets() -> None:
    assert Tracks(np.arange(3), 10, 4).rows == 2


def test_what_cannot_be() -> None:
    for ids in (np.arange(0), np.arange(1)):
        with pytest.raises(InputError, match="tokens are too few: a language model needs two at least"):
            Tracks(ids, 1, 4)
    with pytest.raises(InputError, match="a window of 0 tokens cannot be"):
        Sliding(np.arange(9), 0)
    with pytest.raises(InputError, match="a stride of 5 does not fit windows of 4: give one from 1 to 4"):
        Sliding(np.arange(9), 4, 5)
