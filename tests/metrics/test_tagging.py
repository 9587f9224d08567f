"""Tagging counts words, tags, sentences and unseen words, by hand."""

import pytest

from seqloom.errors import InputError
from seqloom.metrics.tagging import Tagging


def test_every_value_by_hand() -> None:
    metric = Tagging()
    metric.add(["N", "V", "N"], ["N", "V", "V"], [False, True, True])
    metric.add(["N"], ["N"], [False])
    metric.add(["D"], ["N"], [True])
    result = metric.result()
    assert result["token_accuracy"] == 3 / 5
    assert result["sentence_accuracy"] == 1 / 3
    assert result["unseen_accuracy"] == 1 / 3
    # N: right 2, predicted 3, present 3; V: right 1, predicted 1, present 2; D: right 0, predicted 1, present 0
    assert result["f1/N"] == pytest.approx(4 / 6) and result["f1/V"] == pytest.approx(2 / 3) and result["f1/D"] == 0
    assert result["tag_macro_f1"] == pytest.approx((4 / 6 + 2 / 3) / 3)
    rows = {row["tag"]: row for row in metric.per_tag()}
    assert rows["V"] == {"tag": "V", "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "words": 2}


def test_without_unseen_words_there_is_no_accuracy_of_them() -> None:
    metric = Tagging()
    metric.add(["N"], ["N"], [False])
    assert "unseen_accuracy" not in metric.result()


def test_a_frame_is_right_where_tags_and_label_are() -> None:
    metric = Tagging()
    for predicted, label in (("N", True), ("N", False), ("V", True), ("N", True)):
        metric.add([predicted], ["N"], [False], label)
    assert metric.result()["frame_accuracy"] == 2 / 4


def test_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="no word with a tag"):
        Tagging().result()


def test_each_word_has_a_tag() -> None:
    with pytest.raises(ValueError):
        Tagging().add(["N"], ["N", "V"], [False, False])
