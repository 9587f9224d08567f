"""Dates written out: right in every form, the same for a seed, and no row twice."""

import re
from collections import Counter
from datetime import date, timedelta
from itertools import islice

import pytest

from seqloom.data.dates import DAYS, ENGLISH, FIRST, FORMS, KOREAN, cardinal, dates, hangul, ordinal

SATURDAY = date(2026, 11, 21)
WORDS = "the twenty-first of November, two thousand and twenty-six"


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_named_by_what_it_makes_of_a_day(form: str) -> None:
    assert FORMS[form](SATURDAY) == form


@pytest.mark.parametrize("form", FORMS)
def test_every_day_is_written_differently(form: str) -> None:
    days = [FIRST + timedelta(n) for n in range(DAYS)]
    assert len({FORMS[form](day) for day in days}) == len(days), "so that the ISO date follows from the text"


@pytest.mark.parametrize(
    ("day", "form", "said"),
    [
        (date(1970, 1, 1), "21-Nov-26", "1-Jan-70"),
        (date(2009, 6, 30), "이천이십육년 십일월 이십일일", "이천구년 유월 삼십일"),
        (date(1999, 10, 10), "이천이십육년 십일월 이십일일", "천구백구십구년 시월 십일"),
        (date(2000, 5, 12), WORDS, "the twelfth of May, two thousand"),
        (date(1983, 8, 3), "Nov. 21st, 2026", "Aug. 3rd, 1983"),
        (date(2013, 8, 13), "Nov. 21st, 2026", "Aug. 13th, 2013"),
        (date(2007, 2, 5), "Sat, Nov 21 '26", "Mon, Feb 5 '07"),
        (date(2007, 2, 4), "2026. 11. 21. (토)", "2007. 2. 4. (일)"),
    ],
)
def test_other_days(day: date, form: str, said: str) -> None:
    assert FORMS[form](day) == said


@pytest.mark.parametrize(
    ("number", "english", "korean"),
    [
        (1, "one", "일"),
        (10, "ten", "십"),
        (31, "thirty-one", "삼십일"),
        (105, "one hundred and five", "백오"),
        (1900, "one thousand nine hundred", "천구백"),
        (1970, "nineteen seventy", "천구백칠십"),
        (1999, "nineteen ninety-nine", "천구백구십구"),
        (2000, "two thousand", "이천"),
        (2069, "two thousand and sixty-nine", "이천육십구"),
        (2345, "two thousand three hundred and forty-five", "이천삼백사십오"),
    ],
)
def test_numbers_in_words(number: int, english: str, korean: str) -> None:
    assert (cardinal(number), hangul(number)) == (english, korean)


def test_ordinals_of_a_month() -> None:
    found = " ".join(ordinal(n) for n in (1, 2, 3, 4, 5, 8, 9, 11, 12, 13, 20, 21, 22, 30, 31))
    assert found == (
        "first second third fourth fifth eighth ninth eleventh twelfth thirteenth twentieth twenty-first "
        "twenty-second thirtieth thirty-first"
    )


def test_a_weekday_is_that_of_its_date() -> None:
    rows = [row for row in dates(3000) if ";" not in row[0]]
    english = [(text, iso) for text, iso in rows if (found := re.match(r"[A-Z][a-z]+day", text)) and found]
    korean = [(text, iso) for text, iso in rows if "요일" in text]
    assert len(english) > 50 < len(korean)
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    for text, iso in english:
        assert text.startswith(names[date.fromisoformat(iso).weekday()])
    for text, iso in korean:
        assert f"{'월화수목금토일'[date.fromisoformat(iso).weekday()]}요일" in text


def test_a_seed_is_its_rows_and_no_source_comes_twice() -> None:
    rows = list(dates(5000, seed=3))
    assert rows == list(dates(5000, seed=3)) and rows[:100] == list(islice(dates(200, seed=3), 100))
    assert len({source for source, _ in rows}) == 5000
    assert len({source for source, _ in rows} & {source for source, _ in dates(5000, seed=4)}) < 100


def test_rows_are_of_many_lengths_and_of_one_language() -> None:
    rows = list(dates(4000))
    many = Counter(iso.count(" ") + 1 for _, iso in rows)
    assert many[1] > many[2] > many[3] > many[4] > 300 and set(many) == {1, 2, 3, 4}
    assert all(source.count(";") == iso.count(" ") for source, iso in rows)
    lengths = [len(source) for source, _ in rows]
    assert min(lengths) < 12 and max(lengths) > 200
    hangul_rows = [source for source, _ in rows if re.search("[가-힣]", source)]
    assert 1500 < len(hangul_rows) < 2500 and not any(re.search("[A-Za-z]", source) for source in hangul_rows)


def test_every_form_is_drawn() -> None:
    text = "\n".join(source for source, _ in dates(3000))
    for sign in ("요일, ", "번째 날", "서기 이천", "(토)", "in the year two thousand", "day of", "-Nov-", "'", "st of"):
        assert sign in text
    assert len(ENGLISH) + len(KOREAN) == len(FORMS) >= 20
