"""Length by hand."""

import unicodedata

import pytest

from seqloom.errors import InputError
from seqloom.metrics.length import Length


def test_all_answers_over_all_references() -> None:
    metric = Length()
    metric.add("a b", ["a b c"])
    metric.add("영화가", ["영화가 정말 좋다"])
    assert metric.result() == {"length_ratio": 3 / 6}


def test_the_nearest_length_is_taken_the_shorter_of_two() -> None:
    metric = Length()
    metric.add("a b c", ["a b c d e f", "a b c d", "a"])
    assert metric.result() == {"length_ratio": 3 / 4}
    metric.add("a b c", ["a b c d", "a b"])
    assert metric.result() == {"length_ratio": 6 / 6}


def test_characters() -> None:
    metric = Length(unit="character")
    metric.add(unicodedata.normalize("NFD", "한글"), ["한글 문"])
    assert metric.result() == {"length_ratio": 2 / 4}


def test_empty_references_alone_have_no_length() -> None:
    metric = Length()
    metric.add("a", [""])
    with pytest.raises(InputError, match="no length to compare with: every reference is empty"):
        metric.result()
