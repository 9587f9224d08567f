"""Moments: every way of writing a time, read and written back, and what is no time."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.moments import EPOCH, looks_dated, parse


def stamps(*cells: str) -> list[datetime]:
    moments, bad = parse(list(cells))
    assert bad is None, bad
    return [EPOCH + timedelta(microseconds=int(value)) for value in moments.values]


WAYS = {
    "2024-01-31": datetime(2024, 1, 31),
    "2024/1/5": datetime(2024, 1, 5),
    "2024.01.31": datetime(2024, 1, 31),
    "2024-01-31 06:30": datetime(2024, 1, 31, 6, 30),
    "2024-01-31T06:30:15": datetime(2024, 1, 31, 6, 30, 15),
    "2024-01-31 06:30:15.250": datetime(2024, 1, 31, 6, 30, 15, 250_000),
    "2024-01": datetime(2024, 1, 1),
    "2024": datetime(2024, 1, 1),
    "2024-Q3": datetime(2024, 7, 1),
    "2024Q3": datetime(2024, 7, 1),
    "2024-W05": datetime(2024, 1, 29),
    "Jan 31 2024": datetime(2024, 1, 31),
    "January 31, 2024": datetime(2024, 1, 31),
    "31 Jan 2024": datetime(2024, 1, 31),
    "31-Jan-2024": datetime(2024, 1, 31),
    "Jan 2024": datetime(2024, 1, 1),
    "31.01.2024": datetime(2024, 1, 31),
    "01/31/2024": datetime(2024, 1, 31),
    "20240131": datetime(2024, 1, 31),
    "202401": datetime(2024, 1, 1),
    "2024년 1월 31일": datetime(2024, 1, 31),
    "2024. 1. 31.": datetime(2024, 1, 31),
    "2024년 1월": datetime(2024, 1, 1),
    "2024년": datetime(2024, 1, 1),
}


@pytest.mark.parametrize(("cell", "when"), WAYS.items(), ids=WAYS)
def test_a_time_is_read_and_written_as_it_was(cell: str, when: datetime) -> None:
    moments, bad = parse([cell])
    assert bad is None and moments.dated
    assert stamps(cell) == [when]
    again = moments.write(float(moments.values[0]))
    assert stamps(again) == [when]
    assert len(again.split()) == len(cell.split()), again


def test_later_times_are_written_as_the_column_is() -> None:
    def after(cells: list[str], when: datetime) -> str:
        moments, _ = parse(cells)
        return moments.write((when - EPOCH) / timedelta(microseconds=1))

    day = datetime(2024, 3, 5, 7, 8)
    assert after(["2024-01-31"], day) == "2024-03-05"
    assert after(["2024/1/5", "2024/1/16"], day) == "2024/3/5"
    assert after(["2024-01-31T06:30Z"], day) == "2024-03-05T07:08Z"
    assert after(["2024-01-31 06:30+0900"], day) == "2024-03-05 07:08+09:00"
    assert after(["Jan 31 2024"], day) == "Mar 05 2024" and after(["Jan 1 2024"], day) == "Mar 5 2024"
    assert after(["May 2024", "June 2024"], day) == "March 2024", "a long name shows in the column, not in May"
    assert after(["31.01.2024"], day) == "05.03.2024" and after(["01/31/2024"], day) == "03/05/2024"
    assert after(["2024년 1월 31일"], day) == "2024년 3월 5일"
    assert after(["2024-Q4"], day) == "2024-Q1" and after(["2024-W50"], datetime(2024, 12, 30)) == "2025-W01"


def test_numbers_are_steps_and_four_digits_are_years_where_all_can_be() -> None:
    assert parse(["1", "2", "3"])[0].way == "number"
    assert parse(["1949", "1950"])[0].way == "year"
    assert parse(["1949", "9999"])[0].way == "number"
    assert parse(["19490101", "19490102"])[0].way == "compact"
    assert parse(["19490101", "19491399"])[0].way == "number"
    moments, _ = parse(["0.5", "1.0"])
    assert moments.values.tolist() == [0.5, 1.0] and moments.write(1.5) == "1.5" and moments.write(2.0) == "2"


def test_the_end_of_a_day_is_the_start_of_the_next() -> None:
    assert stamps("2024-01-31 23:00", "2024-01-31 24:00")[1] == datetime(2024, 2, 1)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))
def test_iso_reads_as_python_reads_it(when: datetime) -> None:
    assert stamps(when.isoformat(" ", timespec="microseconds")) == [when]


def test_day_or_month_first_is_what_the_column_shows() -> None:
    assert stamps("03/04/2024", "13/04/2024")[0] == datetime(2024, 4, 3)
    assert stamps("03/04/2024", "03/14/2024")[0] == datetime(2024, 3, 4)
    assert parse(["03/04/2024"], "day")[0].values[0] == parse(["2024-04-03"])[0].values[0]
    assert parse(["03/04/2024"], "month")[0].values[0] == parse(["2024-03-04"])[0].values[0]


def test_one_zone_is_kept_and_several_become_utc() -> None:
    moments, _ = parse(["2024-01-01 00:00+09:00", "2024-01-01 01:00+09:00"])
    assert moments.zone == "+09:00" and moments.notes == ()
    moments, _ = parse(["2024-03-31 01:00+01:00", "2024-03-31 03:00+02:00"])
    assert np.diff(moments.values).tolist() == [3_600_000_000] and "read as UTC" in moments.notes[0]
    assert moments.write(float(moments.values[0])) == "2024-03-31 00:00Z"


BAD = {
    "a day of no month": (["2024-02-29", "2023-02-29"], 1, "'2023-02-29' is no time"),
    "another way": (["2024-01-01", "2024-01-02 06:00"], 1, "is not written as the first is, '2024-01-01'"),
    "another order": (["2024-01-01", "01.02.2024"], 1, "is not written as the first is"),
    "empty": (["2024-01-01", ""], 1, "the time is missing"),
    "all empty": (["", ""], 0, "the time is missing"),
    "a word": (["soon"], 0, "'soon' is no time that is known"),
    "ambiguous": (["03/04/2024", "05/06/2024"], 0, "may be day or month first"),
    "both orders": (["13/04/2024", "03/14/2024"], 1, "has its day where"),
    "an hour of no day": (["2024-01-01 25:00"], 0, "is no time"),
    "zones in part": (["2024-01-01 00:00Z", "2024-01-01 01:00"], 1, "some times name their zone"),
    "a word among numbers": (["1", "two"], 1, "is not written as the first is"),
    "a week too many": (["2023-W53"], 0, "is no time"),
}


@pytest.mark.parametrize(("cells", "place", "said"), BAD.values(), ids=BAD)
def test_what_is_no_time_is_said(cells: list[str], place: int, said: str) -> None:
    _, bad = parse(cells)
    assert bad is not None and bad[0] == place and said in bad[1].problem and bad[1].fix


def test_an_order_that_the_column_denies_is_refused() -> None:
    _, bad = parse(["13/04/2024"], "month")
    assert bad is not None and "no month first" in bad[1].problem


def test_dates_are_told_from_text_and_numbers() -> None:
    assert looks_dated(["2024-01-01", "2024-01-02"]) and looks_dated(["Jan 1 2000"])
    assert not looks_dated(["2024-01-01", "x"]) and not looks_dated(["1949"]) and not looks_dated([""])
