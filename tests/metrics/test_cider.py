"""CIDEr by hand: rarity, cosines, several references, and how CIDEr-D punishes repeats and lengths."""

import math

import pytest

from seqloom.metrics.cider import CIDEr, counted
from seqloom.metrics.written import measure


def cider(answers: list[str], references: list[str] | list[list[str]]) -> tuple[float, float]:
    values = measure([CIDEr()], answers, references)
    return values["cider"], values["cider_d"]


def test_two_pictures_by_hand() -> None:
    # "a" and "sat" stand at both pictures and weigh ln(2 / 2) = 0; all else weighs ln 2, "ran", which none has, too.
    # a cat sat: cat; a cat, cat sat; a cat sat: all as its reference has them, and no 4-gram: (1 + 1 + 1 + 0) / 4
    # a dog ran: dog, ran . dog = 1 / sqrt 2; a dog, dog ran . a dog, dog sat = 1 / 2; nothing shared: 0; 0
    first, second = 3 / 4, (1 / math.sqrt(2) + 1 / 2) / 4
    wanted = 10 * (first + second) / 2
    assert cider(["a cat sat", "a dog ran"], ["a cat sat", "a dog sat"]) == pytest.approx((wanted, wanted))


def test_an_n_gram_weighs_by_its_count_and_its_rarity() -> None:
    # of three pictures: red at two: ln 3/2; cat, dog, owl at one: ln 3
    some, rare = math.log(3 / 2), math.log(3)
    got, _ = cider(["red cat", "dog", "owl"], ["red red cat", "red dog", "owl"])
    # red cat . red red cat: 1 * 2 some^2 + rare^2; bigrams: red cat . red red, red cat; no trigram of ours
    ones = (2 * some**2 + rare**2) / math.hypot(some, rare) / math.hypot(2 * some, rare)
    first = (ones + 1 / math.sqrt(2)) / 4
    second = rare / math.hypot(some, rare) / 4  # dog . red dog; no bigram of ours
    assert got == pytest.approx(10 * (first + second + 1 / 4) / 3)


def test_cider_d_cuts_repeats_and_answers_of_another_length() -> None:
    plain, strict = cider(["cat cat", "dog"], ["cat", "dog"])
    assert plain == pytest.approx(10 / 4)  # the cosine sees no difference between cat and cat cat
    assert strict == pytest.approx(10 * (math.exp(-1 / 72) * 1 / 2 + 1) / 4 / 2)
    _, shorter = cider(["red cat", "dog"], ["a big fat red cat sits on a mat there", "dog"])
    unequal = math.exp(-(8**2) / 72)
    parts = [2 / math.sqrt(2 * 12), 1 / math.sqrt(9)]  # a counts twice: 8 words, one of them 2; 9 bigrams
    assert shorter == pytest.approx(10 * (unequal * sum(parts) / 4 + 1 / 4) / 2)


def test_references_are_averaged_and_make_an_n_gram_no_rarer() -> None:
    one, _ = cider(["red cat", "dog"], [["red cat", "a bird"], ["dog"]])
    alone, _ = cider(["red cat", "dog"], [["red cat"], ["dog"]])
    # of the first picture the second reference shares nothing: half of 2 / 4; it takes nothing of the other's rarity
    assert alone == pytest.approx(10 * (2 / 4 + 1 / 4) / 2)
    assert one == pytest.approx(10 * (1 / 4 + 1 / 4) / 2)
    same, _ = cider(["red cat", "dog"], [["red cat", "red cat"], ["dog"]])
    assert same == pytest.approx(alone)


def test_what_all_pictures_say_weighs_nothing() -> None:
    assert cider(["a red cat on a mat"], ["a red cat on a mat"]) == (0.0, 0.0)
    assert cider(["a b c d", "a b c d"], ["a b c d", "a b c d"]) == (0.0, 0.0)


def test_a_right_answer_of_four_words_reaches_ten_and_an_empty_one_nothing() -> None:
    answers = ["the cat sat there", "A dog, ran home!"]
    assert cider(answers, ["the cat sat there", "a dog ran home"]) == pytest.approx((10.0, 10.0))
    assert cider(["", "..."], ["the cat sat", "a dog ran"]) == (0.0, 0.0)


def test_words_are_of_any_script() -> None:
    assert counted("붉은 원")[0] == {("붉은",): 1, ("원",): 1}
    assert cider(["붉은 원", "파란 원"], ["붉은 원", "파란 원"])[0] == pytest.approx(10 * (1 + 1) / 4)
