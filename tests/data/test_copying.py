"""Copying: unknown words of a source get ids of their own, a target finds them, and text comes back."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import copying
from seqloom.data.pieces import KINDS, SPACED, Kind
from seqloom.data.vocabulary import EOS, UNK, Vocabulary

WORDS = Vocabulary.train(["met 를 만났다 ."], "word", 20)
SIZE = len(WORDS)
SOURCE = "김하늘 met Zoë . 김하늘 met 박 ."


def ids(text: str) -> list[int]:
    return WORDS.encode(text)


def test_unknown_words_are_numbered_by_first_occurrence() -> None:
    got, extra = copying.extend(SOURCE, WORDS)
    assert extra == ["김하늘", "Zoë", "박"]
    assert got == [SIZE, *ids("met"), SIZE + 1, *ids("."), SIZE, *ids("met"), SIZE + 2, *ids(".")]


def test_decomposed_hangul_is_the_same_word() -> None:
    got, extra = copying.extend(f"김하늘 {unicodedata.normalize('NFD', '김하늘')}", WORDS)
    assert got == [SIZE, SIZE] and extra == ["김하늘"]


def test_a_target_finds_the_words_of_its_source() -> None:
    _, extra = copying.extend(SOURCE, WORDS)
    target = copying.encode("Zoë 를 김하늘 만났다 이순신", WORDS, extra)
    assert target == [SIZE + 1, *ids("를"), SIZE, *ids("만났다"), UNK]
    assert WORDS.decode(target, extra=extra) == "Zoë 를 김하늘 만났다 <unk>"
    assert copying.fed(target, WORDS) == [UNK, *ids("를"), UNK, *ids("만났다"), UNK]
    assert copying.encode("이순신 met", WORDS, []) == [UNK, *ids("met")]


def test_what_a_cut_source_has_lost_cannot_be_copied() -> None:
    whole = copying.extend(SOURCE, WORDS)
    got, extra = copying.cut(*whole, WORDS, 2)
    assert got == [SIZE, *ids("met")] and extra == ["김하늘"]
    assert copying.encode("Zoë 김하늘", WORDS, extra) == [UNK, SIZE]
    assert copying.cut(*whole, WORDS, 3)[1] == ["김하늘", "Zoë"]
    assert copying.cut(*whole, WORDS, 100) == whole and copying.cut(*whole, WORDS, 0) == ([], [])
    assert copying.cut(ids("met ."), [], WORDS, 1) == (ids("met"), [])


def test_a_known_source_has_no_words_of_its_own() -> None:
    assert copying.extend("met .", WORDS) == (ids("met ."), [])
    assert copying.extend("", WORDS) == ([], [])


def test_line_ends_between_words_are_kept() -> None:
    got, extra = copying.extend("박\nmet 박", WORDS)
    assert got == [SIZE, EOS, *ids("met"), SIZE] and extra == ["박"]
    assert WORDS.decode(got, extra=extra) == "박\nmet 박"


TRAINED = {kind: Vocabulary.train(["영화가 좋다 abc"], kind, 300) for kind in KINDS}


@given(st.text("영화가abc \n박늘", max_size=20), st.sampled_from(KINDS))
def test_a_source_copied_whole_comes_back(text: str, kind: Kind) -> None:
    vocabulary = TRAINED[kind]
    got, extra = copying.extend(text, vocabulary)
    assert copying.encode(text, vocabulary, extra) == got
    assert UNK not in got and len(set(extra)) == len(extra)
    assert sorted({number for number in got if number >= len(vocabulary)}) == [
        len(vocabulary) + place for place in range(len(extra))
    ]
    back = vocabulary.decode(got, extra=extra)
    spaced = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    assert back == (spaced if kind in SPACED else text)


@pytest.mark.parametrize("kind", ["byte", "bpe", "unigram"])
def test_kinds_without_unknowns_have_nothing_to_extend(kind: Kind) -> None:
    assert copying.extend("박 늘 ☃", TRAINED[kind]) == (TRAINED[kind].encode("박 늘 ☃"), [])
