"""BLEU-1 to BLEU-4 by hand, beside BLEU itself, and where references are too short for an order."""

import math

import pytest

from seqloom.metrics.bleu import BLEU
from seqloom.metrics.orders import Orders
from seqloom.metrics.written import measure


def test_each_order_by_hand() -> None:
    # of 5, 4, 3, 2 n-grams 4, 3, 2, 1 are right
    rights = [4 / 5, 3 / 4, 2 / 3, 1 / 2]
    got = measure([Orders()], ["a b c d e"], ["a b c d f"])
    assert list(got) == ["bleu1", "bleu2", "bleu3", "bleu4"]
    for order, name in enumerate(got, 1):
        assert got[name] == pytest.approx(100 * math.prod(rights[:order]) ** (1 / order))


def test_the_fourth_is_bleu_with_the_same_options() -> None:
    answers, references = ["A red cat, on a mat.", "a dog"], [["a red cat on the mat .", "a cat"], ["A dog ran off"]]
    for lowercase in (False, True):
        options = {"tokenize": "13a", "lowercase": lowercase}
        values = measure([Orders(**options), BLEU(**options)], answers, references)  # type: ignore[arg-type]
        assert values["bleu4"] == pytest.approx(values["bleu"]) and values["bleu4"] > 0
        assert values["bleu1"] > values["bleu2"] > values["bleu3"] > values["bleu4"]


def test_an_order_longer_than_every_reference_is_that_of_the_longest() -> None:
    got = measure([Orders()], ["a red circle", "a blue ring"], ["a red circle", "a blue square"])
    assert got["bleu1"] == pytest.approx(100 * 5 / 6) and got["bleu2"] == pytest.approx(100 * math.sqrt(5 / 6 * 3 / 4))
    assert got["bleu4"] == got["bleu3"] == pytest.approx(100 * (5 / 6 * 3 / 4 * 1 / 2) ** (1 / 3))


def test_answers_that_are_too_short_are_not_spared() -> None:
    got = measure([Orders()], ["a red"], ["a red circle above"])
    assert (
        got["bleu1"] == got["bleu2"] == pytest.approx(100 * math.exp(1 - 4 / 2)) and got["bleu3"] == got["bleu4"] == 0
    )


def test_the_signature_is_that_of_the_longest_order() -> None:
    metric = Orders(tokenize="none", lowercase=True)
    metric.add("a b c d", ["a b c d", "a b"])
    assert "nrefs:2" in metric.signature and "case:lc" in metric.signature and "tok:none" in metric.signature
