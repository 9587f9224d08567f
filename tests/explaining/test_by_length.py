"""Quality by length: bins, means and intervals of data of which the truth is known."""

import numpy as np
import pytest

from seqloom.explaining.by_length import bins_of, by_length, change, draws, grouped, interval


def test_rows_of_one_length_stay_together_and_all_are_somewhere() -> None:
    lengths = np.array([3] * 20 + [5] * 4 + [7] * 10 + [8] * 2)
    bins = bins_of(lengths, 3)
    assert sorted(np.concatenate(bins).tolist()) == list(range(len(lengths)))
    assert [sorted(set(lengths[rows].tolist())) for rows in bins] == [[3], [5, 7, 8]]
    assert [len(rows) for rows in bins_of(np.arange(100), 5)] == [20] * 5
    assert len(bins_of(np.array([4, 4, 4]), 6)) == 1


def test_a_last_bin_of_too_few_rows_joins_the_one_before() -> None:
    lengths = np.array([1] * 10 + [2] * 10 + [9])
    assert [sorted(set(lengths[rows].tolist())) for rows in bins_of(lengths, 3)] == [[1], [2, 9]]


def test_means_are_sums_over_counts_not_means_of_rows() -> None:
    (only,) = by_length(np.full(6, 4), np.array([1.0, 0, 0, 0, 0, 9.0]), np.array([1.0, 1, 1, 1, 1, 10.0]), 3)
    assert only.mean == pytest.approx(10 / 15)
    assert (only.start, only.end, only.rows, only.name) == (4, 4, 6, "4")
    assert only.low <= only.mean <= only.high


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(1)
    covered = 0
    for number in range(300):
        values = draw.normal(2.0, 1.0, 60)
        low, high = interval(values, np.ones(60), number)
        covered += low <= 2.0 <= high
    assert 0.90 <= covered / 300 <= 0.98


def test_steps_of_one_row_count_as_one_draw() -> None:
    """A hundred steps of two rows are no hundred observations: the interval reaches from one row to the other."""
    values = np.repeat([0.0, 1.0], 50)
    sums, counts = grouped(values, np.repeat([3, 8], 50))
    assert sums.tolist() == [0, 50] and counts.tolist() == [50, 50]
    assert interval(sums, counts) == (0.0, 1.0)
    assert interval(values, np.ones(100))[0] > 0.3


def test_what_falls_with_length_is_seen_to_fall() -> None:
    draw = np.random.default_rng(2)
    lengths = np.repeat(np.arange(1, 41), 10)
    right = (draw.random(400) < 1 - lengths / 50).astype(float)
    found = change(lengths, right, np.ones(400), 4)
    assert found is not None and found[2] < 0
    assert found[0] == pytest.approx(right[300:].mean() - right[:100].mean()) and found[1] < found[0] < found[2]
    flat = change(lengths, (draw.random(400) < 0.5).astype(float), np.ones(400), 4)
    assert flat is not None and flat[1] < 0 < flat[2]
    assert change(np.full(50, 3), right[:50], np.ones(50), 4) is None


def test_draws_follow_from_their_seed() -> None:
    values = np.random.default_rng(3).random(20)
    assert np.array_equal(draws(values, np.ones(20), 5), draws(values, np.ones(20), 5))
    assert not np.array_equal(draws(values, np.ones(20), 5), draws(values, np.ones(20), 6))
