"""Dates written out in many ways, in English and Korean, and as ISO 8601: data for the demo and for tests.

A row holds one to four dates. From "21 Nov 2026" to three dates in words, sources are 8 to some 250 letters long, while
each date is as easy in the one as in the other: what a model loses as rows grow, it loses to their length.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

FIRST, DAYS = date(1970, 1, 1), 36_525
"""A hundred years, so that two digits tell which: '70 to '69 are 1970 to 2069."""
MANY = (4, 3, 2, 1)
"""How often a row has one, two, three and four dates."""
BETWEEN = "; "

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June")
MONTHS = (*MONTHS, "July", "August", "September", "October", "November", "December")
ONES: tuple[str, ...] = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ONES = (*ONES, "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen")
ONES = (*ONES, "eighteen", "nineteen")
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
ORDINALS |= {"twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth"}
DIGITS = "영일이삼사오육칠팔구"
UNITS = ((1000, "천"), (100, "백"), (10, "십"))
YOIL = "월화수목금토일"

Form = Callable[[date], str]
ENGLISH: dict[str, Form] = {
    "21 November 2026": lambda day: f"{day.day} {_month(day)} {day.year}",
    "21 Nov 2026": lambda day: f"{day.day} {_month(day)[:3]} {day.year}",
    "21-Nov-26": lambda day: f"{day.day}-{_month(day)[:3]}-{_two(day)}",
    "November 21, 2026": lambda day: f"{_month(day)} {day.day}, {day.year}",
    "Nov. 21st, 2026": lambda day: f"{_month(day)[:3]}. {day.day}{_ending(day.day)}, {day.year}",
    "Sat, Nov 21 '26": lambda day: f"{_weekday(day)[:3]}, {_month(day)[:3]} {day.day} '{_two(day)}",
    "Saturday 21 November 2026": lambda day: f"{_weekday(day)} {day.day} {_month(day)} {day.year}",
    "Saturday, the 21st of November 2026": lambda day: (
        f"{_weekday(day)}, the {day.day}{_ending(day.day)} of {_month(day)} {day.year}"
    ),
    "21.11.2026": lambda day: f"{day.day}.{day.month}.{day.year}",
    "the 21st day of November in the year 2026": lambda day: (
        f"the {day.day}{_ending(day.day)} day of {_month(day)} in the year {day.year}"
    ),
    "the twenty-first of November, two thousand and twenty-six": lambda day: (
        f"the {ordinal(day.day)} of {_month(day)}, {cardinal(day.year)}"
    ),
    "Saturday, the twenty-first day of November in the year two thousand and twenty-six": lambda day: (
        f"{_weekday(day)}, the {ordinal(day.day)} day of {_month(day)} in the year {cardinal(day.year)}"
    ),
}
KOREAN: dict[str, Form] = {
    "2026년 11월 21일": lambda day: f"{day.year}년 {day.month}월 {day.day}일",
    "26년 11월 21일": lambda day: f"{_two(day)}년 {day.month}월 {day.day}일",
    "2026. 11. 21.": lambda day: f"{day.year}. {day.month}. {day.day}.",
    "2026. 11. 21. (토)": lambda day: f"{day.year}. {day.month}. {day.day}. ({_yoil(day)})",
    "2026년 11월 21일 토요일": lambda day: f"{day.year}년 {day.month}월 {day.day}일 {_yoil(day)}요일",
    "토요일, 2026년 11월 21일": lambda day: f"{_yoil(day)}요일, {day.year}년 {day.month}월 {day.day}일",
    "서기 2026년 11월의 21번째 날": lambda day: f"서기 {day.year}년 {day.month}월의 {day.day}번째 날",
    "이천이십육년 십일월 이십일일": lambda day: f"{hangul(day.year)}년 {_wol(day)} {hangul(day.day)}일",
    "서기 이천이십육년 십일월 이십일일 토요일": lambda day: (
        f"서기 {hangul(day.year)}년 {_wol(day)} {hangul(day.day)}일 {_yoil(day)}요일"
    ),
}
FORMS: dict[str, Form] = ENGLISH | KOREAN
"""Ways of writing a date, each under what it makes of 2026-11-21."""


def dates(rows: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Yield rows of dates as written and as ISO 8601 ("1999-03-03 2026-11-21"), no two of the same source.

    A row is English or Korean throughout. The same seed gives the same rows, and fewer rows are the first of more.
    """
    draw = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < rows:
        forms = tuple(draw.choice((ENGLISH, KOREAN)).values())
        days = [FIRST + timedelta(draw.randrange(DAYS)) for _ in range(draw.choices(range(1, len(MANY) + 1), MANY)[0])]
        source = BETWEEN.join(draw.choice(forms)(day) for day in days)
        if source not in seen:
            seen.add(source)
            yield source, " ".join(day.isoformat() for day in days)


def cardinal(number: int) -> str:
    """Return a number of 1 to 9999 in English words: two thousand and twenty-six, but nineteen ninety-nine."""
    if 1100 <= number < 2000 and number % 100 >= 10:
        return f"{ONES[number // 100]} {cardinal(number % 100)}"
    if number >= 1000:
        rest = number % 1000
        more = "" if not rest else f" and {cardinal(rest)}" if rest < 100 else f" {cardinal(rest)}"
        return f"{ONES[number // 1000]} thousand{more}"
    if number >= 100:
        return f"{ONES[number // 100]} hundred" + (f" and {cardinal(number % 100)}" if number % 100 else "")
    if number < 20:
        return ONES[number]
    return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")


def ordinal(number: int) -> str:
    """Return a number of 1 to 99 as an English ordinal in words: twenty-first."""
    before, dash, last = cardinal(number).rpartition("-")
    return f"{before}{dash}{ORDINALS.get(last, last + 'th')}"


def hangul(number: int) -> str:
    """Return a number of 1 to 9999 in Sino-Korean: 이천이십육. A one before a unit is not said."""
    said = ""
    for unit, name in UNITS:
        digit, number = divmod(number, unit)
        if digit:
            said += (DIGITS[digit] if digit > 1 else "") + name
    return said + (DIGITS[number] if number else "")


def _ending(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _month(day: date) -> str:
    return MONTHS[day.month - 1]


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def _yoil(day: date) -> str:
    return YOIL[day.weekday()]


def _two(day: date) -> str:
    return f"{day.year % 100:02d}"


def _wol(day: date) -> str:
    """Return the month as it is said: June and October lose their final sound."""
    return {6: "유월", 10: "시월"}.get(day.month, f"{hangul(day.month)}월")
