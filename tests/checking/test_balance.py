"""Balance: shares, rare labels, and labels that training has not."""

from collections import Counter

import pytest

from seqloom.checking.balance import balance, unseen


def test_equal_labels_are_as_many_as_they_are() -> None:
    found = balance({"a": 10, "나": 10, "c": 10, "d": 10})
    assert found is not None and found.effective == pytest.approx(4) and found.share == 0.25 and found.rares == 0


def test_a_lopsided_label_leaves_little_to_guess() -> None:
    found = balance({"ham": 97, "spam": 3})
    assert found is not None and (found.most, found.share, found.rare) == ("ham", 0.97, [("spam", 3)])
    assert 1.1 < found.effective < 1.2  # e ** 0.1347
    assert balance({}) is None


def test_labels_that_training_has_not() -> None:
    assert unseen(Counter({"a": 1, "b": 2, "c": 3}), {"a": 9}) == {"c": 3, "b": 2}
