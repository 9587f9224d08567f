"""Dates as a puzzle: every form of `data/dates.py`, and where its year, month and day stand in it.

A form is known by a pattern that names its three parts, so that the right place of each character of the answer
(1999-03-03: four of the year, two of the month, two of the day) is known without looking at any model.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

import torch

from seqloom.batch import Batch
from seqloom.data.batches import pad
from seqloom.data.dates import DAYS, FIRST, FORMS
from seqloom.data.vocabulary import BOS, EOS, UNK

WORDS = r"[a-z]+(?:[ -][a-z]+)*"
PATTERNS: dict[str, str] = {
    "21 November 2026": r"(?P<day>\d+) (?P<month>\w+) (?P<year>\d+)",
    "21 Nov 2026": r"(?P<day>\d+) (?P<month>\w+) (?P<year>\d+)",
    "21-Nov-26": r"(?P<day>\d+)-(?P<month>\w+)-(?P<year>\d+)",
    "November 21, 2026": r"(?P<month>\w+) (?P<day>\d+), (?P<year>\d+)",
    "Nov. 21st, 2026": r"(?P<month>\w+)\. (?P<day>\d+)[a-z]+, (?P<year>\d+)",
    "Sat, Nov 21 '26": r"\w+, (?P<month>\w+) (?P<day>\d+) '(?P<year>\d+)",
    "Saturday 21 November 2026": r"\w+ (?P<day>\d+) (?P<month>\w+) (?P<year>\d+)",
    "Saturday, the 21st of November 2026": r"\w+, the (?P<day>\d+)[a-z]+ of (?P<month>\w+) (?P<year>\d+)",
    "21.11.2026": r"(?P<day>\d+)\.(?P<month>\d+)\.(?P<year>\d+)",
    "the 21st day of November in the year 2026": (
        r"the (?P<day>\d+)[a-z]+ day of (?P<month>\w+) in the year (?P<year>\d+)"
    ),
    "the twenty-first of November, two thousand and twenty-six": (
        rf"the (?P<day>[a-z-]+) of (?P<month>\w+), (?P<year>{WORDS})"
    ),
    "Saturday, the twenty-first day of November in the year two thousand and twenty-six": (
        rf"\w+, the (?P<day>[a-z-]+) day of (?P<month>\w+) in the year (?P<year>{WORDS})"
    ),
    "2026년 11월 21일": r"(?P<year>\d+)년 (?P<month>\d+)월 (?P<day>\d+)일",
    "26년 11월 21일": r"(?P<year>\d+)년 (?P<month>\d+)월 (?P<day>\d+)일",
    "2026. 11. 21.": r"(?P<year>\d+)\. (?P<month>\d+)\. (?P<day>\d+)\.",
    "2026. 11. 21. (토)": r"(?P<year>\d+)\. (?P<month>\d+)\. (?P<day>\d+)\. \(\w\)",
    "2026년 11월 21일 토요일": r"(?P<year>\d+)년 (?P<month>\d+)월 (?P<day>\d+)일 \w요일",
    "토요일, 2026년 11월 21일": r"\w요일, (?P<year>\d+)년 (?P<month>\d+)월 (?P<day>\d+)일",
    "서기 2026년 11월의 21번째 날": r"서기 (?P<year>\d+)년 (?P<month>\d+)월의 (?P<day>\d+)번째 날",
    "이천이십육년 십일월 이십일일": r"(?P<year>\w+)년 (?P<month>\w+)월 (?P<day>\w+)일",
    "서기 이천이십육년 십일월 이십일일 토요일": r"서기 (?P<year>\w+)년 (?P<month>\w+)월 (?P<day>\w+)일 \w요일",
}
FIGURES = tuple(form for form in FORMS if "wenty" not in form and "이천" not in form)
"""The forms whose days and years are written in figures."""
SHORT = ("21 Nov 2026", "21-Nov-26", "21.11.2026", "2026년 11월 21일")
PARTS = ("year",) * 4 + (None,) + ("month",) * 2 + (None,) + ("day",) * 2
"""What each character of an answer tells: 1999-03-03."""


def parts_of(form: str, text: str) -> dict[str, tuple[int, int]]:
    """Return where year, month and day stand in a date of a form, each as (start, end). Raises ValueError for text of
    another form."""
    found = re.fullmatch(PATTERNS[form], text)
    if found is None:
        raise ValueError(f"{text!r} is no date of the form {form!r}")
    return {part: found.span(part) for part in ("year", "month", "day")}


@cache
def letters() -> tuple[str, ...]:
    """Return every character that any form has, in order; the id of one is its place and UNK + 1."""
    days = [FIRST + timedelta(number) for number in range(0, DAYS, 7)] + [
        date(2026, 1, 1) + timedelta(n) for n in range(366)
    ]
    return tuple(
        sorted({letter for form in FORMS.values() for day in days for letter in form(day)} | set("0123456789-"))
    )


def ids_of(text: str) -> list[int]:
    """Return the ids of a text's characters."""
    return [UNK + 1 + letters().index(letter) for letter in text]


def written_dates(g: torch.Generator, rows: int, forms: Sequence[str]) -> tuple[Batch, torch.Tensor]:
    """Draw dates in forms, to be written as 1999-03-03, and the right places of each step of the answer.

    Source and target are ids of characters, the source ending with EOS; places [rows, 11, source] are True at the part
    of the source that a step's character comes from, and nowhere for a dash and the end.
    """
    drawn = torch.stack(
        [torch.randint(0, len(forms), (rows,), generator=g), torch.randint(0, DAYS, (rows,), generator=g)]
    )
    sources, targets, spans = [], [], []
    for which, number in drawn.T.tolist():
        day = FIRST + timedelta(number)
        text = FORMS[forms[which]](day)
        sources.append(ids_of(text))
        targets.append(ids_of(day.isoformat()))
        spans.append(parts_of(forms[which], text))
    source = pad([[*row, EOS] for row in sources])
    places = torch.zeros(rows, len(PARTS) + 1, source.values.shape[1], dtype=torch.bool)
    for row, span in enumerate(spans):
        for step, part in enumerate(PARTS):
            if part is not None:
                places[row, step, slice(*span[part])] = True
    heard, told = pad([[BOS, *row] for row in targets]), pad([[*row, EOS] for row in targets])
    return Batch({"source": source, "target": heard}, {"words": told}, tokens=int(told.values.numel())), places
