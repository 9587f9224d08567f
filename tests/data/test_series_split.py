"""Parts of a series: the end is held out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.series_split import Parts, parts
from seqloom.errors import InputError


def test_shares_and_counts_are_taken_from_the_end() -> None:
    assert parts(100, 0.1, 0.2, 5) == Parts(70, 80, 100)
    assert parts(100, 12, 24, 5) == Parts(64, 76, 100)
    assert parts(100, None, 0, 5) == Parts(100, 100, 100)


def test_a_share_holds_a_horizon_at_least() -> None:
    assert parts(100, 0.01, 0.1, 12) == Parts(76, 88, 100)


def test_a_series_too_short_to_hold_out_is_all_for_training() -> None:
    assert parts(20, 0.1, 0.1, 12) == Parts(20, 20, 20)


@given(st.integers(1, 500), st.floats(0, 0.9), st.floats(0, 0.9), st.integers(1, 50))
def test_parts_are_in_order_and_leave_something_to_learn(length: int, valid: float, test: float, horizon: int) -> None:
    found = parts(length, valid, test, horizon)
    assert 0 < found.train <= found.valid <= found.test == length
    assert found.train == length or found.train > horizon


@pytest.mark.parametrize("asked", [-0.1, 2.5])
def test_what_is_neither_share_nor_count_is_said(asked: float) -> None:
    with pytest.raises(InputError, match=r"data\.test=.* cannot be held out"):
        parts(100, 0.1, asked, 5)
