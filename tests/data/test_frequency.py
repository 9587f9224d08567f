"""Frequency: found in regular times, refused in others, and the times to come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.frequency import Frequency, Irregular, find, parse
from seqloom.data.moments import Moments
from seqloom.data.moments import parse as moments
from seqloom.errors import InputError


def times(*cells: str) -> Moments:
    found, bad = moments(list(cells))
    assert bad is None, bad
    return found


def frequency(*cells: str) -> str:
    found = times(*cells)
    return str(find([np.sort(found.values)], found.dated, found.way))


def days(start: str, count: int, step: str = "D") -> list[str]:
    return [str(one) for one in np.datetime64(start, step) + np.arange(count)]


FOUND = {
    "minutes": (["2024-01-01 00:00", "2024-01-01 00:15", "2024-01-01 00:30"], "15 minutes"),
    "hours": (["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 02:00"], "hour"),
    "seconds": (["2024-01-01 00:00:00", "2024-01-01 00:00:10", "2024-01-01 00:00:20"], "10 seconds"),
    "milliseconds": (["2024-01-01 00:00:00.000", "2024-01-01 00:00:00.250"], "250 milliseconds"),
    "days": (days("2024-01-01", 9), "day"),
    "weeks": (["2024-01-01", "2024-01-08", "2024-01-15"], "week"),
    "fortnights": (["2024-01-01", "2024-01-15", "2024-01-29"], "2 weeks"),
    "business days": ([day for day in days("2024-01-01", 21) if np.is_busday(day)], "business day"),
    "days with a gap": ([*days("2024-01-01", 6), *days("2024-01-09", 6)], "day"),
    "first of months": (["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01"], "month"),
    "ends of months": (["2024-01-31", "2024-02-29", "2024-03-31"], "month"),
    "quarters": (["2024-01-01", "2024-04-01", "2024-07-01"], "quarter"),
    "years": (["2020", "2021", "2022"], "year"),
    "decades": (["1990", "2000", "2010"], "10 years"),
    "quarters named": (["2024-Q1", "2024-Q2", "2024-Q3"], "quarter"),
    "months named": (["2024-01", "2024-02"], "month"),
    "steps": (["1", "2", "3"], "step"),
    "steps of a tenth": (["0.1", "0.2", "0.3", "0.4"], "step of 0.1"),
}


@pytest.mark.parametrize(("cells", "said"), FOUND.values(), ids=FOUND)
def test_a_frequency_is_found(cells: list[str], said: str) -> None:
    assert frequency(*cells) == said


def test_times_at_random_are_refused() -> None:
    with pytest.raises(Irregular, match="not regular: their commonest steps are"):
        frequency("2024-01-01", "2024-01-04", "2024-01-05", "2024-01-11", "2024-01-29", "2024-02-14")
    with pytest.raises(Irregular, match="no series has two times"):
        frequency("2024-01-01")


def test_a_time_between_two_steps_is_refused_where_it_is() -> None:
    found = times("2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 01:30", "2024-01-01 02:00")
    with pytest.raises(Irregular, match="no whole number of steps after the first") as caught:
        Frequency("hour").positions(found.values)
    assert caught.value.row == 2
    with pytest.raises(Irregular) as caught:
        Frequency("business day").positions(times("2024-01-05", "2024-01-06").values)
    assert caught.value.row == 1, "a Saturday"


AHEAD = {
    "hour": (["2024-02-28 22:00", "2024-02-28 23:00"], ["2024-02-29 00:00", "2024-02-29 01:00"]),
    "business day": ([day for day in days("2024-01-01", 12) if np.is_busday(day)], ["2024-01-15", "2024-01-16"]),
    "month": (["2023-12-01", "2024-01-01"], ["2024-02-01", "2024-03-01"]),
    "ends": (["2023-12-31", "2024-01-31"], ["2024-02-29", "2024-03-31"]),
    "month 15": (["2023-12-15", "2024-01-15"], ["2024-02-15", "2024-03-15"]),
    "quarter": (["2023-Q3", "2023-Q4"], ["2024-Q1", "2024-Q2"]),
    "year": (["2023", "2024"], ["2025", "2026"]),
    "week": (["2024-W51", "2024-W52"], ["2025-W01", "2025-W02"]),
    "step": (["6", "8"], ["10", "12"]),
}


@pytest.mark.parametrize(("cells", "said"), AHEAD.values(), ids=AHEAD)
def test_the_times_to_come_follow(cells: list[str], said: list[str]) -> None:
    found = times(*cells)
    step = find([found.values], found.dated, found.way)
    later = step.ahead(found.values, step.positions(found.values), 2)
    assert [found.write(float(one)) for one in later] == said


@given(
    st.sampled_from(["day", "3 hours", "business day", "week", "month", "2 months", "quarter", "year", "step"]),
    st.integers(2, 40),
    st.integers(0, 2000),
)
def test_what_follows_is_on_the_grid(name: str, count: int, start: int) -> None:
    step = parse(name)
    first = np.busday_offset("2001-01-01", start, roll="forward").astype("M8[us]").astype(np.int64)
    stamps = np.array([first]) if step.dated else np.array([float(start)])
    later = np.concatenate([stamps, step.ahead(stamps, np.zeros(1, np.int64), count)])
    if step.unit not in ("month", "quarter", "year"):  # from a 31st on, months end where they end
        assert step.positions(later).tolist() == list(range(count + 1))
    assert np.all(np.diff(later) > 0)


def test_a_grid_fills_what_is_missing() -> None:
    found = times("2024-01-01", "2024-02-01", "2024-05-01")
    step = Frequency("month")
    grid = step.between(found.values, step.positions(found.values))
    assert [found.write(float(one)) for one in grid] == [f"2024-0{month}-01" for month in range(1, 6)]


@pytest.mark.parametrize(
    ("text", "said"),
    [("H", "hour"), ("15min", "15 minutes"), ("D", "day"), ("B", "business day"), ("business days", "business day"),
     ("M", "month"), ("2 weeks", "2 weeks"), ("Q", "quarter"), ("row", "row"), ("step", "step"), ("주", "week"),
     ("500 ms", "500 milliseconds"), ("years", "year")],
)  # fmt: skip
def test_a_frequency_is_read_as_people_write_it(text: str, said: str) -> None:
    assert str(parse(text)) == said


@pytest.mark.parametrize("text", ["", "15", "fortnight", "0 days", "1.5 days", "2 rows"])
def test_what_is_no_frequency_is_said(text: str) -> None:
    with pytest.raises(InputError, match=r"series\.frequency"):
        parse(text)
