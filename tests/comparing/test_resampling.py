"""Resampling: the same items for all, the bootstrap's spread beside its closed form, and groups for very many items."""

import numpy as np
import pytest

from seqloom.comparing import resampling
from seqloom.comparing.resampling import Floats, drawn, worth


def ratio(sums: Floats) -> Floats:
    return sums[..., 0] / sums[..., 1]


def first(sums: Floats) -> Floats:
    return sums[..., 0]


def test_worth_is_the_value_of_sums_over_items() -> None:
    stats = np.array([[[1, 2], [3, 4]], [[0, 2], [1, 8]]], np.float64)
    assert worth(stats, ratio).tolist() == [4 / 6, 1 / 10]


def test_every_run_is_judged_on_the_same_items() -> None:
    stats = np.random.default_rng(0).random((2, 50, 1))
    told = drawn({"a": stats, "b": 3 * stats[:1]}, first, 20)
    assert told["a"].shape == (20, 2) and told["b"].shape == (20, 1)
    np.testing.assert_allclose(told["b"], 3 * told["a"][:, :1])
    assert len(np.unique(told["a"][:, 0])) == 20


def test_a_draw_has_as_many_items_as_there_are() -> None:
    told = drawn({"a": np.ones((1, 37, 1))}, first, 50)
    assert (told["a"] == 37).all()


def test_the_spread_is_that_of_drawing_with_replacement() -> None:
    values = np.random.default_rng(1).normal(2, 3, 400)
    told = drawn({"a": np.stack([values, np.ones(400)], -1)[None]}, ratio, 20_000)["a"][:, 0]
    assert told.mean() == pytest.approx(values.mean(), abs=0.01)
    assert told.std() == pytest.approx(values.std() / 20, rel=0.02)


def test_draws_are_the_same_each_time_and_others_with_another_seed() -> None:
    scores = {"a": np.random.default_rng(2).random((2, 30, 1))}
    once, again, other = (drawn(scores, first, 10, seed)["a"] for seed in (3, 3, 4))
    assert (once == again).all() and (once != other).any()


def test_blocks_of_draws_add_up_to_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = {"a": np.random.default_rng(2).random((2, 30, 1))}
    monkeypatch.setattr(resampling, "CELLS", 90)  # three draws at a time
    told = drawn(scores, first, 10)["a"]
    assert told.shape == (10, 2) and len(np.unique(told[:, 0])) == 10
    monkeypatch.setattr(resampling, "CELLS", 1)  # fewer than items: one at a time
    assert drawn(scores, first, 4)["a"].shape == (4, 2)


def test_very_many_items_are_drawn_in_groups_of_the_same_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "MOST", 500)
    rng = np.random.default_rng(5)
    values = np.sort(rng.normal(1, 1, 5001))  # sorted: neighbours are alike, so groups must be drawn at random
    other = values + rng.normal(0, 0.1, 5001)
    scores = {"a": np.stack([values, np.ones(5001)], -1)[None], "b": np.stack([other, np.ones(5001)], -1)[None]}
    told = drawn(scores, ratio, 5000)
    assert told["a"].std() == pytest.approx(values.std() / np.sqrt(5001), rel=0.1)
    gap = (told["a"] - told["b"]).std()
    assert gap == pytest.approx((values - other).std() / np.sqrt(5001), rel=0.1)


def test_a_draw_without_a_value_is_not_a_number_and_no_warning() -> None:
    stats = np.zeros((1, 6, 2))
    stats[0, 0] = 1
    told = drawn({"a": stats}, ratio, 200)["a"]
    assert np.isnan(told).any() and set(told[np.isfinite(told)]) == {1.0}
