"""Seasons: by the calendar, by the echo of the changes, and none."""

import numpy as np

from seqloom.data.frequency import Frequency
from seqloom.data.seasons import season_of


def wave(period: int, count: int, noise: float = 0.1, trend: float = 0.02) -> np.ndarray:
    steps = np.arange(count)
    drawn = np.random.default_rng(0).normal(size=count)
    return (np.sin(2 * np.pi * steps / period) + trend * steps + noise * drawn)[:, None]


def test_a_frequency_names_its_season() -> None:
    assert season_of([wave(12, 100)], Frequency("month"))[0] == 12
    assert season_of([wave(5, 100)], Frequency("month"))[0] == 12, "the calendar is not argued with"
    assert season_of([wave(24, 400)], Frequency("hour"))[0] == 24
    assert season_of([wave(48, 400)], Frequency("minute", 30))[0] == 48
    assert season_of([wave(12, 100)], Frequency("month", 2))[0] == 6


def test_a_longer_season_is_taken_where_it_is_clearly_louder() -> None:
    assert season_of([wave(168, 2000, 0.0)], Frequency("hour"))[0] == 168
    assert season_of([wave(365, 2000, 0.0)], Frequency("day"))[0] == 365


def test_steps_have_the_season_that_echoes() -> None:
    season, echo = season_of([wave(11, 300)], Frequency("step"))
    assert season == 11 and 0.5 < echo <= 1
    season, echo = season_of([np.random.default_rng(1).normal(size=(300, 1))], Frequency("step"))
    assert season == 1 and np.isnan(echo)


def test_several_series_are_heard_together_and_gaps_passed_over() -> None:
    holed = wave(11, 300)
    holed[20:25] = np.nan
    assert season_of([holed, wave(11, 200)], Frequency("step"))[0] == 11


def test_a_flat_or_a_short_series_has_none() -> None:
    assert season_of([np.ones((100, 1))], Frequency("step"))[0] == 1
    assert season_of([np.arange(5.0)[:, None]], Frequency("step"))[0] == 1
    assert season_of([np.arange(5.0)[:, None]], Frequency("month"))[0] == 12
