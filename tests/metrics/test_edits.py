"""Edits: distances against the textbook recursion and jiwer, the nearest of several references, rates by hand."""

import unicodedata
from functools import cache

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.errors import InputError
from seqloom.metrics.edits import CharacterErrors, Exact, SymbolErrors, closest, distance
from seqloom.metrics.written import measure

SHORT = st.text("가나ab ", max_size=8)


@given(SHORT, SHORT)
def test_the_distance_is_the_recursion(one: str, two: str) -> None:
    @cache
    def edits(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(edits(i - 1, j) + 1, edits(i, j - 1) + 1, edits(i - 1, j - 1) + (one[i - 1] != two[j - 1]))

    assert distance(one, two) == edits(len(one), len(two)) == distance(two, one)


def test_distances_worked_by_hand() -> None:
    assert distance("kitten", "sitting") == 3
    assert distance(["HH", "AH", "L", "OW"], ["HH", "EH", "L", "OW", "Z"]) == 2
    assert distance("영화가", "영화") == 1 and distance("", "영화") == 2 and distance("영화", "") == 2


@given(st.lists(st.tuples(st.text("가나ab", max_size=9), st.text("가나ab", min_size=1, max_size=9)), min_size=1))
def test_rates_are_jiwers(pairs: list[tuple[str, str]]) -> None:
    answers, references = [one for one, _ in pairs], [two for _, two in pairs]
    assert measure([CharacterErrors()], answers, references)["cer"] == pytest.approx(jiwer.cer(references, answers))
    spaced = [" ".join(text) for text in references], [" ".join(text) for text in answers]
    assert measure([SymbolErrors()], spaced[1], spaced[0])["per"] == pytest.approx(jiwer.wer(*spaced))


def test_the_nearest_reference_is_taken_and_the_longest_of_those() -> None:
    assert closest("abc", ["xyzw", "abd", "ab", "abcd"]) == (1, 4)
    assert closest("abc", ["abcdef", "abd"]) == (1, 3)
    metric = CharacterErrors()
    metric.add("abc", ["xyzw", "ab", "abcd"])
    metric.add("가", ["나다"])
    assert metric.result() == {"cer": (1 + 2) / (4 + 2)}


def test_phonemes_are_whole_symbols_and_a_variant_is_enough() -> None:
    metric = SymbolErrors()
    metric.add("HH AH L OW", ["HH EH L OW", "HH AH L OW"])
    metric.add("T AH  M EY T OW", ["T AH M EY T OW"])
    metric.add("R IY D", ["R EH D", "R AA D Z"])
    assert metric.result() == {"per": 1 / (4 + 6 + 3), "word_error": 1 / 3}


def test_a_rate_may_pass_one() -> None:
    metric = CharacterErrors()
    metric.add("aaaa", ["b"])
    assert metric.result() == {"cer": 4.0}


def test_composed_hangul_is_what_is_compared() -> None:
    typed = unicodedata.normalize("NFD", "한글 문")
    for metric in (Exact(), CharacterErrors(), SymbolErrors()):
        metric.add(typed, ["한글 문"])
        metric.add("한글 문", ["다른 것", typed])
        assert all(value == metric.higher[name] for name, value in metric.result().items())
    metric = CharacterErrors()
    metric.add(unicodedata.normalize("NFD", "한굴"), ["한글"])
    assert metric.result() == {"cer": 1 / 2}


def test_exact_is_to_the_character_and_word_error_to_the_symbol() -> None:
    exact, symbols = Exact(), SymbolErrors()
    for metric in (exact, symbols):
        metric.add("a  b", ["a b"])
        metric.add("a b", ["a B"])
        metric.add("2026-11-21", ["2026-11-20", "2026-11-21"])
    assert exact.result() == {"exact": 1 / 3}
    assert symbols.result()["word_error"] == 1 / 3


def test_an_empty_answer_leaves_everything_out() -> None:
    metric = SymbolErrors()
    metric.add("", ["a b"])
    assert metric.result() == {"per": 1.0, "word_error": 1.0}


@pytest.mark.parametrize("kind", [CharacterErrors, SymbolErrors])
def test_empty_references_alone_are_nothing_to_measure_against(
    kind: type[CharacterErrors] | type[SymbolErrors],
) -> None:
    metric = kind()
    metric.add("a", [""])
    with pytest.raises(InputError, match="nothing to measure errors against: every reference is empty"):
        metric.result()
    metric.add("b", ["b"])
    assert 1.0 in metric.result().values()
