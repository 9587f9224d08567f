"""Calendar features: rounds that close, and shift with the date."""

import numpy as np
import pytest

from seqloom.data.calendars import FEATURES, calendar, features_of
from seqloom.data.frequency import Frequency
from seqloom.errors import InputError


def stamps(start: str, count: int, step: str) -> np.ndarray:
    first = np.datetime64(start, step)
    return (first + np.arange(count)).astype("M8[us]").astype(np.int64)


def test_a_day_comes_round_after_24_hours_and_a_week_after_seven_days() -> None:
    hours = calendar(stamps("2024-01-01T00", 49, "h"), ("hour",))
    assert np.allclose(hours[:24], hours[24:48], atol=1e-6) and not np.allclose(hours[0], hours[12], atol=0.5)
    assert np.allclose(hours[0], [0, 1], atol=1e-6) and np.allclose(hours[6], [1, 0], atol=1e-6)
    days = calendar(stamps("2024-01-01", 15, "D"), ("weekday",))
    assert np.allclose(days[:7], days[7:14], atol=1e-6) and np.allclose(days[0], [0, 1], atol=1e-6), "a Monday"
    months = calendar(stamps("2024-01", 25, "M"), ("month",))
    assert np.allclose(months[0], months[12], atol=1e-6) and np.allclose(months[3], [1, 0], atol=1e-6)


def test_a_shifted_calendar_shifts() -> None:
    whole = calendar(stamps("2023-05-04T03", 500, "h"), FEATURES)
    late = calendar(stamps("2023-05-04T13", 490, "h"), FEATURES)
    assert (whole[10:] == late).all() and not (whole[:490] == late).all()


def test_every_step_of_a_year_differs() -> None:
    days = calendar(stamps("2023-01-01", 365, "D"), ("year-day",))
    assert len(np.unique(days.round(6), axis=0)) == 365


def test_auto_takes_what_differs_at_a_frequency() -> None:
    assert features_of("auto", Frequency("hour")) == ("hour", "weekday")
    assert features_of("auto", Frequency("month")) == ("month",)
    assert features_of("auto", Frequency("year")) == () and features_of("auto", Frequency("row")) == ()
    assert features_of("none", Frequency("hour")) == () and features_of("hour, day", Frequency("hour")) == (
        "hour",
        "day",
    )
    assert calendar(stamps("2024-01-01", 3, "D"), ()).shape == (3, 0)


def test_what_is_no_feature_is_said() -> None:
    with pytest.raises(InputError, match="unknown feature 'weekdays'; did you mean 'weekday'"):
        features_of(["weekdays"], Frequency("day"))
    with pytest.raises(InputError, match="needs dates at every step"):
        features_of(["hour"], Frequency("step"))
