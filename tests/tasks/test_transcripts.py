"""Transcripts: what both heads rank, and when words were said, on steps made by hand."""

import math

import pytest
import torch
from torch import Tensor

from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.ctc_search import text_logprobs
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.tasks.transcripts import ranked, timed

LETTERS = Vocabulary.train(["ab c"], "char")
WORDS = Vocabulary.train(["one two three"] * 2, "word")


def steps(vocabulary: Vocabulary, told: str | list[str], sure: float = 0.9) -> Tensor:
    """Return ln p in which each step tells a token, "-" the blank, with the probability `sure`."""
    count = len(vocabulary) - 3
    rows = torch.full((len(told), count), (1 - sure) / (count - 1), dtype=torch.float64)
    for step, token in enumerate(told):
        rows[step, 0 if token == "-" else vocabulary.encode(token)[0] - 3] = sure
    return rows.log()


def hypothesis(text: str, logprob: float, finished: bool = True) -> Hypothesis:
    return Hypothesis(tuple(LETTERS.encode(text)), logprob, logprob, finished, ())


def test_the_score_is_shared_between_both() -> None:
    heard = steps(LETTERS, "-ab-")
    written = [hypothesis("b", -1.0), hypothesis("ab", -1.5)]
    ctc = text_logprobs(heard, [one.ids for one in written])
    found = ranked(written, heard, 0.3)
    assert [one.ids for one in found] == [written[1].ids, written[0].ids]  # CTC heard the a
    assert found[0].score == pytest.approx(0.3 * ctc[1] + 0.7 * -1.5)
    assert found[0].logprob == -1.5
    assert [one.ids for one in ranked(written, heard, 0.0)] == [one.ids for one in written]


def test_what_cannot_have_been_said_comes_last_and_what_was_cut_off_after_all() -> None:
    heard = steps(LETTERS, "ab")
    written = [hypothesis("abab", -0.1), hypothesis("ab", -9.0), hypothesis("ab", -0.1, finished=False)]
    found = ranked(written, heard, 0.3)
    assert [one.ids for one in found] == [written[1].ids, written[0].ids, written[2].ids]
    assert found[1].score == -math.inf
    assert [one.logprob for one in ranked(written, heard, 0.0)] == [-0.1, -9.0, -0.1]  # no share, no veto


def test_letters_make_words_with_the_times_of_their_first_and_last() -> None:
    heard = steps(LETTERS, list("-aab- -cc-"))
    words = list(timed(LETTERS.encode("ab c"), heard, LETTERS, 0.04))
    assert [(one.text, round(one.start, 3), round(one.end, 3)) for one in words] == [
        ("ab", 0.04, 0.16),
        ("c", 0.28, 0.36),
    ]
    assert [one.logprob for one in words] == pytest.approx([math.log(0.9)] * 2)


def test_a_word_that_comes_twice_has_two_times() -> None:
    heard = steps(LETTERS, list("a-  -aa-"))
    words = list(timed(LETTERS.encode("a a"), heard, LETTERS, 1.0))
    assert [(one.text, one.start, one.end) for one in words] == [("a", 0.0, 1.0), ("a", 5.0, 7.0)]


def test_tokens_that_are_words_have_their_own_times() -> None:
    heard = steps(WORDS, ["-", "two", "two", "-", "one", "-", "two"])
    words = list(timed(WORDS.encode("two one two"), heard, WORDS, 0.5))
    assert [(one.text, one.start, one.end) for one in words] == [
        ("two", 0.5, 1.5),
        ("one", 2.0, 2.5),
        ("two", 3.0, 3.5),
    ]


def test_no_text_has_no_words() -> None:
    assert list(timed([], steps(LETTERS, "--"), LETTERS, 0.1)) == []
