"""Broken letters: each kind is found where it is, and words with accents are none."""

import unicodedata

import pytest

from seqloom.checking.encodings import WAYS, Encodings, troubles

KOREAN = "안녕하세요"


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("lost \ufffd", "replacement", "\ufffd"),
        ("caf\u00c3\u00a9", "mojibake", "\u00c3\u00a9"),
        ("it\u00e2\u20ac\u2122s", "mojibake", "\u00e2\u20ac\u2122"),
        (KOREAN.encode().decode("latin-1"), "mojibake", KOREAN.encode().decode("latin-1")),
        (KOREAN.encode("cp949").decode("latin-1"), "mojibake-korean", KOREAN.encode("cp949").decode("latin-1")),
        ("bell \x07", "control", "\x07"),
        ("quote \x92", "control", "\x92"),
        ("a\u200bb", "invisible", "\u200b"),
        ("\ufeffa", "invisible", "\ufeff"),
        ("\ue000", "private", "\ue000"),
        ("a\u00a0b", "spaces", "\u00a0"),
        ("x &amp; y", "markup", "&amp;"),
        ("x<br/>y", "markup", "<br/>"),
    ],
)
def test_each_kind_of_trouble_is_found(text: str, kind: str, found: str) -> None:
    assert (kind, found) in list(troubles(text))
    assert kind in WAYS


GOOD = [
    "café",
    "naïve façade",
    "señor ¿qué?",
    "ÀÉÈÙ",
    "ÅÄÖ åäö",
    "«Тест»",
    "안녕 ㅋㅋ",
    "R&D",
    "a < b",
    "1 € é",
    "👨\u200d👩",
    "A\tB",
    "नमस्ते",
]


@pytest.mark.parametrize("text", GOOD)
def test_good_letters_are_no_trouble(text: str) -> None:
    assert list(troubles(text)) == []


def test_a_page_of_many_languages_survives_being_undone_by_what_is_advised() -> None:
    wrong = "caf\u00c3\u00a9"
    assert wrong.encode("cp1252").decode() == "café"  # what WAYS says
    assert KOREAN.encode("cp949").decode("latin-1").encode("latin-1").decode("cp949") == KOREAN


def test_rows_are_counted_once_a_kind_and_forms_are_told_apart() -> None:
    seen = Encodings()
    for place, text in enumerate(["a\u200bb\u200bc", "plain", unicodedata.normalize("NFD", "각"), "각", "각\u200b"]):
        seen.add(place, text)
    assert seen.rows == {"invisible": 2} and [place for place, _ in seen.first["invisible"]] == [0, 4]
    assert (seen.composed, seen.apart, seen.first_apart, seen.mixed) == (2, 1, 2, True)
    alone = Encodings()
    alone.add(0, unicodedata.normalize("NFD", "각"))
    assert alone.apart == 1 and not alone.mixed
