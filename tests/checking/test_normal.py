"""Normal forms: what counts as the same text, and what does not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.checking.normal import hashed, hashes, normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Good film!", "good  film"),
        ("안녕 하세요.", "안녕하세요"),
        ("ＡＢＣ", "abc"),
        ("Straße", "STRASSE"),
        ("don’t", "DON'T"),
        ("①번", "1번"),
        ("a\u200bb", "ab"),
        ("1  2", "1 2"),
        (unicodedata.normalize("NFD", "훌륭한 café"), "훌륭한 café"),
    ],
)
def test_copies_that_differ_by_accident_are_one_text(one: str, other: str) -> None:
    assert normal(one) == normal(other) and hashed(normal(one)) == hashed(normal(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5", "15"),
        ("1 2", "12"),
        ("-5", "5"),
        ("1+2", "12"),
        ("नमस्ते", "नमसत"),
        ("!!!", "???"),
        ("good", "god"),
        ("😀", ""),
    ],
)
def test_texts_that_mean_something_else_are_two(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@given(st.text())
def test_a_normal_form_has_no_letter_case_or_lone_space(text: str) -> None:
    made = normal(text)
    assert made == made.strip() and "  " not in made and not any(letter in "\t\n\r" for letter in made)
    assert normal(text + " ") == made or not made


def test_hashes_are_the_same_everywhere() -> None:
    assert hashes(["가", ""]).tolist() == [hashed("가"), hashed("")]
    assert hashed("가") == 7611550136779736908  # of another process
