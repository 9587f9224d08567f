"""Words, their letters and their casing as ids."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.vocabulary import UNK
from seqloom.data.words import CASINGS, LONGEST, Words, casing, normal
from seqloom.errors import CheckpointError, InputError

COUNTS = {"the": 5, "The": 2, "서울": 3, "1999": 1, "2001": 1, "cat": 1}


def test_the_most_frequent_words_are_kept_in_a_fixed_order() -> None:
    words = Words.train(COUNTS, 9)
    assert words.words == ["the", "서울", "The", "1999"] and words.counts == [5, 3, 2, 1]
    assert [words.id(word) for word in ("the", "서울", "2001", "dog")] == [UNK + 1, UNK + 2, UNK, UNK]
    assert len(words) == 9 and words.token(UNK + 2) == "서울" and words.token(UNK) == ""
    assert words.count(UNK + 1) == 5 and words.count(UNK) == 0
    assert Words.train(dict(reversed(COUNTS.items())), 9).digest == words.digest


def test_case_and_digits_may_fall_together() -> None:
    words = Words.train(COUNTS, 100, lowercase=True, digits=True)
    assert words.words[:2] == ["the", "서울"] and words.counts[0] == 7
    assert words.id("THE") == words.id("the") and words.id("1234") == words.id("0000") != UNK
    assert words.digest != Words.train(COUNTS, 100, lowercase=True).digest
    assert normal("각1", False, True) == "각0"


def test_letters_that_occur_once_are_unknown() -> None:
    words = Words.train({"aab": 2, "az": 1}, 100)
    assert words.letters == ["a", "b"] and words.alphabet == 4
    features = words.features(["ab", "zoo", ""])
    assert features[0].tolist()[2:5] == [2, 3, 0] and features[1].tolist()[2:6] == [1, 1, 1, 0]
    assert features[2].tolist() == [UNK, CASINGS.index("none"), *[0] * LONGEST]


def test_a_long_word_is_read_by_its_ends() -> None:
    words = Words.train({"ab" * 40: 1, "ab": 1}, 100)
    row = words.features(["a" * 40 + "b" * 40])[0, 2:]
    assert row[: LONGEST // 2].tolist() == [2] * 16 and row[LONGEST // 2 :].tolist() == [3] * 16


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("cat", "lower"),
        ("NATO", "upper"),
        ("Seoul", "title"),
        ("I", "title"),
        ("iPhone", "mixed"),
        ("McX", "mixed"),
        ("U.S.", "upper"),
        ("1999", "number"),
        ("3.5%", "number"),
        ("8개", "digits"),
        ("A4", "digits"),
        ("서울", "none"),
        (",", "none"),
        (" ", "none"),
    ],
)
def test_how_a_word_is_cased(word: str, kind: str) -> None:
    assert CASINGS[casing(word)] == kind


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    words = Words.train(COUNTS, 100, digits=True)
    words.save(tmp_path / "source")
    again = Words.load(tmp_path / "source")
    assert again.digest == words.digest and again.counts == words.counts
    assert np.array_equal(again.features(["The", "1999", "냥"]), words.features(["The", "1999", "냥"]))


def test_what_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"words\.json is missing"):
        Words.load(tmp_path)
    Words.train(COUNTS, 100).save(tmp_path)
    text = (tmp_path / "words.json").read_text(encoding="utf-8")
    for bad, said in (
        (text.replace("서울", "부산"), "is not what was saved"),
        (text[:-9], "is damaged"),
        (text.replace('"format": 1', '"format": 2'), "has format 2"),
    ):
        (tmp_path / "words.json").write_text(bad, encoding="utf-8")
        with pytest.raises(CheckpointError, match=said):
            Words.load(tmp_path)


def test_too_small_or_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="room for special tokens only"):
        Words.train(COUNTS, 5)
    with pytest.raises(InputError, match="no words"):
        Words.train({}, 50)
