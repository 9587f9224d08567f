"""Word and character error rates, on rows worked out by hand."""

import itertools
import sys

import pytest

from seqloom.errors import InputError
from seqloom.metrics.spoken import Edits, Spoken
from seqloom.metrics.written import measure


def test_rates_are_those_of_the_whole_corpus() -> None:
    # 1 substitution of 2 words; 1 deletion of 4; 1 insertion of 1; right
    rates = measure([Spoken()], ["a x", "a b d", "b c", "d"], ["a b", "a b c d", "b", "d"])
    assert rates["wer"] == pytest.approx(3 / 8)
    assert rates["row_error"] == pytest.approx(3 / 4)
    # characters, spaces among them: 1 of 3, 2 of 7 ("c "), 2 inserted to 1 (" c"), 0 of 1
    assert rates["cer"] == pytest.approx(5 / 12)


def test_edits_are_told_apart() -> None:
    spoken = Spoken()
    spoken.add("one too", ["one two three"])
    assert spoken.words == Edits(substitutions=1, deletions=1, length=3)
    spoken.add("one two two", ["one two"])
    assert spoken.words == Edits(1, 1, 1, 5) and spoken.words.count == 3


def test_of_several_answers_the_nearest_counts() -> None:
    for answers in itertools.permutations(["for two", "4 2", "four two three"]):
        spoken = Spoken()
        spoken.add("four two", answers)
        assert spoken.words == Edits(substitutions=1, length=2)
        assert spoken.characters == Edits(deletions=0, insertions=1, length=7)


def test_nothing_heard_is_all_wrong_and_nothing_said_is_no_word() -> None:
    spoken = Spoken()
    spoken.add("", ["one two"])
    assert spoken.result() == {"wer": 1.0, "cer": 1.0, "row_error": 1.0}
    spoken.add("three", [""])
    assert spoken.words == Edits(deletions=2, insertions=1, length=2)
    assert spoken.result()["wer"] == 1.5
    spoken.add("", [""])
    assert spoken.result()["row_error"] == pytest.approx(2 / 3)


def test_spaces_and_how_hangul_was_typed_count_nothing() -> None:
    spoken = Spoken()
    spoken.add("  한국어   말", ["\u1112\u1161\u11ab국어 말"])
    assert spoken.result() == {"wer": 0.0, "cer": 0.0, "row_error": 0.0}
    spoken.add("한국 말", ["한국어 말"])
    assert spoken.characters == Edits(deletions=1, length=10)


def test_case_and_signs_count() -> None:
    assert measure([Spoken()], ["One two."], ["one two"])["wer"] == 1.0


def test_empty_references_measure_nothing() -> None:
    with pytest.raises(InputError, match="every reference is empty"):
        measure([Spoken()], ["a"], [""])


def test_without_jiwer_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(
        InputError, match=r"computed by jiwer, which is not installed: pip install 'seqloom\[metrics\]'"
    ):
        Spoken()
