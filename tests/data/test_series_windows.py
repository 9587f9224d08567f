"""Windows over series: what is read and told, by hand, and never what comes after."""

import numpy as np
import pytest

from seqloom.data.series_windows import Track, Windows, origins


def track(count: int, channels: int = 1, future: int = 0, start: float = 0) -> Track:
    steps = np.arange(count, dtype=np.float32)[:, None] + start
    values = np.concatenate([steps + 100 * channel for channel in range(channels)], 1)
    known = -np.arange(count + future, dtype=np.float32)[:, None] - start
    return Track(values, values.copy(), steps / 2, known)


def keys(*pairs: tuple[int, int]) -> np.ndarray:
    return np.array(pairs, np.int64)


def test_a_window_reads_what_came_before_and_tells_what_comes() -> None:
    windows = Windows([track(10, 2)], look_back=3, horizon=2, flags=False)
    found = windows.gather(keys((0, 5)))
    assert windows.size == 4 and found.mask.all()
    assert found.source[0].tolist() == [[2, 102, 1, -2], [3, 103, 1.5, -3], [4, 104, 2, -4]]
    assert found.target[0].tolist() == [[5, 105], [6, 106]] and found.known[0].tolist() == [[-5], [-6]]
    assert found.fed[0].tolist() == [[4, 104, -5], [5, 105, -6]], "the value before, and what is known"


def test_a_window_that_begins_before_its_series_is_padded_after_its_end() -> None:
    found = Windows([track(10), track(10, start=50)], look_back=4, horizon=1, flags=False).gather(keys((1, 2), (0, 4)))
    assert found.mask.tolist() == [[True, True, False, False], [True] * 4]
    assert found.source[0, :, 0].tolist() == [50, 51, 0, 0] and found.target[0, 0, 0] == 52


def test_flags_say_what_was_measured() -> None:
    one = track(6)
    one.values[2] = one.truth[2] = np.nan
    found = Windows([one], look_back=3, horizon=1, flags=True).gather(keys((0, 4)))
    assert found.source[0, :, :2].tolist() == [[1, 1], [0, 0], [3, 1]]
    assert np.isnan(Windows([one], 2, 1, True).gather(keys((0, 2))).target).all()


def test_every_step_may_tell_the_steps_after_it() -> None:
    windows = Windows([track(10)], look_back=3, horizon=2, flags=False)
    found = windows.gather(keys((0, 5)), every_step=True)
    assert found.target[0, :, :, 0].tolist() == [[3, 4], [4, 5], [5, 6]]
    assert found.known[0, :, :, 0].tolist() == [[-3, -4], [-4, -5], [-5, -6]]
    short = windows.gather(keys((0, 1)), every_step=True)
    assert short.target[0, 0, :, 0].tolist() == [1, 2] and np.isnan(short.target[0, 1:]).all()


def test_at_the_end_the_future_is_known_as_far_as_it_goes_and_its_values_are_not() -> None:
    found = Windows([track(6, future=1), track(6)], look_back=2, horizon=2, flags=False).gather(keys((0, 6)))
    assert np.isnan(found.target).all() and found.known[0, 0, 0] == -6 and found.fed[0, 0, 0] == 5


def test_what_comes_after_the_origin_changes_nothing_that_is_read() -> None:
    one, other = track(20, 2), track(20, 2)
    other.values[8:], other.truth[8:], other.past[8:] = 999, 999, 999
    at = keys(*((0, origin) for origin in range(1, 9)))
    for every in (False, True):
        a, b = (Windows([part], 5, 3, True).gather(at, every) for part in (one, other))
        assert (a.source == b.source).all() and (a.known == b.known).all()
        assert (a.fed[:, 0] == b.fed[:, 0]).all(), "a decoder hears the last value; the rest it tells itself"
        assert not np.array_equal(a.target, b.target)


def test_origins_keep_to_their_part_and_their_stride() -> None:
    every = np.ones(21, bool)
    assert origins(20, 5, 8, every).tolist() == [5, 6, 7, 8]
    assert origins(20, 5, 12, every, 3).tolist() == [6, 9, 12], "the last is among them"
    assert origins(20, 9, 8, every).tolist() == [] and origins(20, 0, 2, every).tolist() == [1, 2]
    every[6] = False
    assert origins(20, 5, 8, every).tolist() == [5, 7, 8]


@pytest.mark.parametrize("every", [False, True])
def test_a_batch_is_its_windows_one_by_one(every: bool) -> None:
    windows = Windows([track(30, 2), track(12, 2, start=7)], look_back=6, horizon=3, flags=True)
    at = keys((0, 4), (1, 9), (0, 27), (1, 1))
    together = windows.gather(at, every)
    for row in range(len(at)):
        for whole, one in zip(together, windows.gather(at[row : row + 1], every), strict=True):
            assert np.array_equal(whole[row], one[0], equal_nan=whole.dtype != bool)
