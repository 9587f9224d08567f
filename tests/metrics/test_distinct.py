"""Distinct-n by hand."""

from seqloom.metrics.distinct import Distinct


def test_by_hand() -> None:
    metric = Distinct()
    metric.add("네 저도 네")
    metric.add("저도 네", ["무엇이든"])
    # words: 2 of 5; pairs: (네 저도) once, (저도 네) twice; none goes from one answer into the next
    assert metric.result() == {"distinct1": 2 / 5, "distinct2": 2 / 3}


def test_nothing_twice_is_one_and_no_pair_is_none() -> None:
    metric = Distinct()
    metric.add("a")
    assert metric.result() == {"distinct1": 1.0, "distinct2": 0.0}
    metric.add("b c d")
    assert metric.result() == {"distinct1": 1.0, "distinct2": 1.0}


def test_empty_answers_have_no_words() -> None:
    metric = Distinct()
    metric.add("  ")
    assert metric.result() == {"distinct1": 0.0, "distinct2": 0.0}
