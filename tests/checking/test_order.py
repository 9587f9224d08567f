"""Is order worth modelling: shown where it is, not shown where it is not."""

import numpy as np
import pytest

from seqloom.checking.order import Worth, interval, of_series, of_tokens, student


def worth(kind: str, seed: int, count: int = 160) -> Worth:
    """Rows of tokens; their label is the order of two tokens ("order"), which of two there is ("bag"), or chance."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 2, count)
    rows = []
    for label in labels:
        row = draw.integers(10, 40, draw.integers(6, 12))
        place = int(draw.integers(len(row) - 1))
        if kind == "order":
            row[place : place + 2] = (1, 2) if label else (2, 1)
        elif kind == "bag":
            row[place] = 1 + label
        rows.append(row)
    return of_tokens(rows, labels, seed)


def test_order_is_shown_where_it_alone_tells() -> None:
    found = worth("order", 0)
    assert found.shown and found.right is not None
    bag, ordered, shuffled = found.right
    assert ordered > 0.9 and bag < 0.65 and shuffled < 0.65 and found.drop[1] > 0.3
    assert found.rows == 160 and found.drop[1] <= found.drop[0] <= found.drop[2]


def test_order_is_not_shown_where_a_token_tells() -> None:
    found = worth("bag", 0)
    assert not found.shown and found.right is not None and min(found.right) > 0.9


@pytest.mark.slow
def test_without_order_it_is_rarely_shown() -> None:
    found = [worth(kind, seed) for seed in range(40) for kind in ("bag", "chance")]
    assert sum(one.drop[1] > 0 for one in found) <= 8  # 2.5 % each way of 80, and some
    assert sum(one.shown for one in found) <= 4


def test_numbers_are_told_too() -> None:
    draw = np.random.default_rng(2)
    rows = [draw.permutation(20) for _ in range(150)]
    target = np.array([float(np.flatnonzero(row == 3)[0]) for row in rows])
    found = of_tokens(rows, target)
    assert found.right is None and found.shown and found.explained[1] > 0.1 > found.explained[0]


def test_series_that_rise_or_fall_need_their_order() -> None:
    draw = np.random.default_rng(3)
    labels = draw.integers(0, 2, 120)
    rows = [np.sort(draw.normal(size=(draw.integers(20, 30), 1)), axis=0)[:: 1 if label else -1] for label in labels]
    found = of_series(rows, labels)
    assert found.shown and found.right is not None and found.right[1] > 0.95 and found.right[0] < 0.7
    levels = [draw.normal(2.0 * label, 1, (25, 1)) for label in labels]
    assert not of_series(levels, labels).shown


def test_an_interval_takes_rows_of_a_group_together() -> None:
    values = np.repeat(np.random.default_rng(4).normal(size=40), 25)
    apart, together = interval(values, np.arange(1000)), interval(values, np.repeat(np.arange(40), 25))
    assert apart[0] == together[0] and (together[2] - together[1]) > 4 * (apart[2] - apart[1])
    assert interval(values, np.zeros(1000, int))[2] == float("inf")


def test_quantiles_of_t_are_those_of_the_tables() -> None:
    assert [student(freedom) for freedom in (4, 10, 30, 1000)] == pytest.approx([2.776, 2.228, 2.042, 1.962], rel=0.01)
    assert student(3) == float("inf")
