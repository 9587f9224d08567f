"""Intervals over rows: of shares by hand, of any measure against another way to draw, and where nothing can be told."""

import numpy as np
import pytest

from seqloom.comparing.measures import MEASURES
from seqloom.pages.run_look import Look, Row
from seqloom.pages.run_measures import interval_of, measured, number, share_interval, table


def test_rows_that_are_all_alike_have_the_exact_interval_of_a_share() -> None:
    low, high = share_interval(np.ones(10))
    assert high == 1.0 and low**10 == pytest.approx(0.025), "ten of ten at the low end, once in forty"
    low, high = share_interval(np.zeros(10))
    assert low == 0.0 and (1 - high) ** 10 == pytest.approx(0.025)
    assert np.isnan(share_interval(np.ones(0))).all()


def test_a_share_has_about_the_interval_that_the_normal_tells() -> None:
    right = (np.arange(1000) % 4 != 0).astype(float)
    low, high = share_interval(right)
    spread = 1.96 * (0.75 * 0.25 / 1000) ** 0.5
    assert low == pytest.approx(0.75 - spread, abs=0.005) and high == pytest.approx(0.75 + spread, abs=0.005)
    stats = np.stack([right, np.ones(1000)], -1)
    assert interval_of(stats, MEASURES["accuracy"]) == (low, high)


def test_a_measure_that_is_no_mean_has_an_interval_too() -> None:
    rng = np.random.default_rng(0)
    stats = np.stack([rng.random(400), np.ones(400)], -1)
    low, high = interval_of(stats, MEASURES["rmse"])
    draws = [np.sqrt(rng.choice(stats[:, 0], 400).mean()) for _ in range(2000)]
    assert (low, high) == pytest.approx(tuple(np.percentile(draws, [2.5, 97.5])), abs=0.006)


def test_rows_count_by_what_they_hold() -> None:
    """A row of many tokens moves the mean more than one of few."""
    stats = np.array([[100.0, 100.0]] + [[0.0, 1.0]] * 99)
    low, high = interval_of(stats, MEASURES["loss"])
    assert low == 0.0 and high > 0.6, "where the long row is not drawn the mean is 0"


def rows(count: int) -> list[Row]:
    return [Row(at, 1, float(at), 1.0, 1.0, 1.0) for at in range(count)]


def test_a_look_of_one_row_has_no_interval() -> None:
    look = Look(1, "label", rows(1), metrics={"loss": 0.0})
    assert measured(look) == {}
    assert table([look], [{}], {}).rows == [("loss", "0.0000", None, 1, None)]


def test_the_table_has_each_metric_once_with_what_validation_said() -> None:
    first = Look(9, "words", rows(3), metrics={"loss": 1.0, "f1/spam": 0.5})
    second = Look(9, "words", rows(2), metrics={"loss": 2.0, "bleu": 30.0})
    made = table([first, second], [{"loss": (0.5, 1.5)}, {"bleu": (20.0, 40.0)}], {"loss": 1.25, "note": "x"})
    assert made.rows == [
        ("loss", "1.0000", "0.5000 to 1.5000", 3, "1.2500"),
        ("bleu", "30.0000", "20.0000 to 40.0000", 2, None),
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.0000"), (0.87654, "0.8765"), (1234.5678, "1235"), (1.2e-5, "1.2e-05"), (-2.5, "-2.5000")],
)
def test_numbers_are_readable(value: float, said: str) -> None:
    assert number(value) == said
