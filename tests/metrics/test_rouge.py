"""ROUGE against the worked example of its paper, and numbers worked by hand."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.metrics.rouge import Rouge, words


def rouge(answer: str, *references: str) -> dict[str, float]:
    metric = Rouge()
    metric.add(answer, references)
    return metric.result()


@pytest.mark.parametrize(
    ("answer", "one", "two", "longest"),
    [
        ("Police kill the gunman.", 3 / 4, 1 / 3, 3 / 4),
        ("the gunman kill police", 3 / 4, 1 / 3, 2 / 4),
        ("The gunman police killed", 4 / 4, 2 / 3, 2 / 4),
    ],
)
def test_the_example_of_the_paper(answer: str, one: float, two: float, longest: float) -> None:
    """Lin 2004, sections 3.1 and 3.2: the sentences S1 to S4."""
    assert rouge(answer, "police killed the gunman") == pytest.approx({"rouge1": one, "rouge2": two, "rougeL": longest})


def test_a_repeated_word_is_shared_as_often_as_both_have_it() -> None:
    got = rouge("the the the cat", "the cat the mat sat")
    # unigrams: the 2, cat 1 of 4 and 5; bigrams: "the cat" 1 of 3 and 4; in order: the, the or the, cat
    assert got == pytest.approx({"rouge1": 6 / 9, "rouge2": 2 / 7, "rougeL": 4 / 9})


def test_the_best_reference_counts_for_each_value_and_answers_are_averaged() -> None:
    metric = Rouge()
    metric.add("a b c d", ["d c b a", "a b"])
    assert metric.result() == pytest.approx({"rouge1": 1.0, "rouge2": 2 / 4, "rougeL": 4 / 6})
    metric.add("x", ["y"])
    assert metric.result() == pytest.approx({"rouge1": 1 / 2, "rouge2": 1 / 4, "rougeL": 2 / 6})


def test_words_are_letters_marks_and_digits_in_any_script() -> None:
    assert words("The cat_sat: 3.5 times!") == ["the", "cat", "sat", "3", "5", "times"]
    assert words(unicodedata.normalize("NFD", "영화가, 좋다!")) == ["영화가", "좋다"]
    assert words("हिन्दी में") == ["हिन्दी", "में"]
    assert rouge("영화가 정말 좋다", "영화가 좋다.")["rougeL"] == 4 / 5


def test_nothing_of_nothing_is_zero() -> None:
    assert rouge("", "a b") == rouge("!", "?") == {"rouge1": 0.0, "rouge2": 0.0, "rougeL": 0.0}
    assert rouge("a", "a") == {"rouge1": 1.0, "rouge2": 0.0, "rougeL": 1.0}


TEXTS = st.lists(st.sampled_from(["가", "나", "a", "b"]), max_size=7).map(" ".join)


@given(TEXTS, TEXTS)
def test_the_longest_common_subsequence_is_the_longest(one: str, two: str) -> None:
    def parts(text: list[str]) -> set[tuple[str, ...]]:
        found: set[tuple[str, ...]] = {()}
        for word in text:
            found |= {(*part, word) for part in found}
        return found

    longest = max(len(part) for part in parts(one.split()) & parts(two.split()))
    together = len(one.split()) + len(two.split())
    assert rouge(one, two)["rougeL"] == pytest.approx(2 * longest / together if together else 0.0)
    assert rouge(one, two) == pytest.approx(rouge(two, one))
