"""Scores of a unigram language model, by hand."""

import math
from collections import Counter

from seqloom.data.unigram import fit

LETTERS = list("abcd")


def test_scores_are_shares_of_the_best_segmentations() -> None:
    scores = fit(Counter({"ab": 6, "abab": 1, "c": 2}), ["ab"], LETTERS, 5)
    assert list(scores) == ["a", "b", "c", "d", "ab"]
    assert math.isclose(scores["ab"], math.log(8 / 10), abs_tol=1e-4)
    assert math.isclose(scores["c"], math.log(2 / 10), abs_tol=1e-4)
    assert scores["d"] < scores["c"]


def test_the_least_used_pieces_are_pruned_and_the_alphabet_never() -> None:
    words = Counter({"ab": 9, "cd": 5, "ba": 3, "dc": 1})
    assert set(fit(words, ["ab", "ba", "cd", "dc"], LETTERS, 6)) == {*LETTERS, "ab", "cd"}
    assert set(fit(words, ["ab", "ba", "cd", "dc"], LETTERS, 4)) == set(LETTERS)


def test_the_order_of_words_and_candidates_is_no_matter() -> None:
    words = Counter({"abab": 3, "abc": 3, "cd": 3, "dcab": 3})
    one = fit(words, ["ab", "abab", "cd", "dc"], LETTERS, 6)
    two = fit(Counter(dict(reversed(words.items()))), ["dc", "cd", "abab", "ab"], LETTERS, 6)
    assert one == two and list(one) == list(two)
