"""Quality by length, class and rarity: bins worked by hand, the same for every architecture, and what has no value."""

from typing import Any

import numpy as np
import pytest

from seqloom.comparing.breakdown import breakdowns, by_class, by_length, by_rarity
from seqloom.comparing.measure import Items
from seqloom.comparing.measures import MEASURES, measure_of

ACCURACY = MEASURES["accuracy"]


def accuracy(right: Any, **more: Any) -> Items:
    array = np.asarray(right, np.float64)
    more.setdefault("lengths", np.full(len(array), -1, np.int64))
    return Items("accuracy", np.stack([array, np.ones(len(array))], -1), **more)


def test_bins_of_length_hold_the_rows_of_their_lengths() -> None:
    lengths = np.array([9, 1, 1, 9, 5, 5, 1, 9, 5, 1, 9, 5, 1, 9, 5])
    bins = by_length(accuracy(np.zeros(15), lengths=lengths))
    assert [one.name for one in bins] == ["1", "5", "9"]
    for one, length in zip(bins, (1, 5, 9), strict=True):
        assert one.rows.tolist() == np.flatnonzero(lengths == length).tolist()


def test_a_mean_is_that_of_the_seeds_on_the_rows_of_a_bin() -> None:
    lengths = np.repeat([1, 7], 10)
    good = [np.repeat([1, 0], 10), np.repeat([1, 1], 10)]
    told = breakdowns({"gru": [accuracy(one, lengths=lengths) for one in good]}, ACCURACY)["by_length"]["gru"]
    assert [(one["name"], one["items"], one["mean"]) for one in told] == [("1", 10, 1.0), ("7", 10, 0.5)]
    assert told[1]["low"] < 0.5 < told[1]["high"]
    assert told[0]["low"] is told[0]["high"] is None, "no seed and no row differs: there is no spread to tell"


def test_no_interval_goes_beyond_what_shares_there_can_be() -> None:
    lengths = np.repeat([1, 7], 10)
    good = [np.ones(20), np.r_[np.zeros(2), np.ones(16), np.zeros(2)]]
    told = breakdowns({"gru": [accuracy(one, lengths=lengths) for one in good]}, ACCURACY)["by_length"]["gru"]
    assert [one["high"] for one in told] == [1, 1] and all(0 <= one["low"] < one["mean"] for one in told)


def test_one_seed_has_a_mean_and_no_interval() -> None:
    (told, _) = breakdowns({"gru": [accuracy(np.arange(20) % 2, lengths=np.repeat([1, 7], 10))]}, ACCURACY)[
        "by_length"
    ]["gru"]
    assert (told["mean"], told["low"], told["high"]) == (0.5, None, None)


def test_rows_without_a_length_are_in_no_bin_and_one_length_makes_no_table() -> None:
    lengths = np.array([-1] * 6 + [3] * 6 + [4] * 6)
    bins = by_length(accuracy(np.zeros(18), lengths=lengths))
    assert [one.rows.tolist() for one in bins] == [list(range(6, 12)), list(range(12, 18))]
    same = breakdowns({"gru": [accuracy(np.zeros(18), lengths=np.full(18, 3))]}, ACCURACY)
    assert same == {"by_length": {}, "by_class": {}, "by_rarity": {}}


def test_rows_of_length_0_are_a_bin() -> None:
    lengths = np.array([0] * 5 + [2] * 5)
    assert [one.name for one in by_length(accuracy(np.zeros(10), lengths=lengths))] == ["0", "2"]


def test_classes_have_their_names_in_any_script_and_the_rare_ones_go_together() -> None:
    names = tuple(f"{number}번" for number in range(15))
    which = np.concatenate([np.repeat(np.arange(10), 5), np.arange(10, 15)])
    bins = by_class(accuracy(np.zeros(55), classes=(names, which)))
    assert [one.name for one in bins] == [*names[:10], "others (5)"]
    assert bins[-1].rows.tolist() == [50, 51, 52, 53, 54]
    assert sum(len(one.rows) for one in bins) == 55


def test_eleven_classes_are_all_told_and_one_that_no_row_has_is_not() -> None:
    names = tuple("abcdefghijkl")
    bins = by_class(accuracy(np.zeros(11), classes=(names, np.arange(11))))
    assert [one.name for one in bins] == list(names[:11])


def test_classes_stand_in_the_order_of_the_labels_however_many_rows_they_have() -> None:
    bins = by_class(accuracy(np.zeros(6), classes=(("low", "middle", "high"), np.array([2, 2, 2, 1, 0, 0]))))
    assert [(one.name, len(one.rows)) for one in bins] == [("low", 2), ("middle", 1), ("high", 3)]


def test_by_class_a_measure_of_labels_is_that_of_the_label_over_all_rows() -> None:
    true, told = np.array([0] * 6 + [1] * 6), np.array([0] * 6 + [1, 1, 1, 0, 0, 0])
    sides = [one[:, None] == np.arange(2) for one in (told, true)]
    stats = np.concatenate([sides[0] & sides[1], *sides], 1).astype(np.float64)
    items = Items("macro_f1", stats, np.full(12, -1), (("나쁨", "좋음"), true))
    rows = breakdowns({"rnn": [items, items]}, MEASURES["macro_f1"])["by_class"]["rnn"]
    assert [one["mean"] for one in rows] == pytest.approx([12 / 15, 6 / 9])
    recall = breakdowns({"rnn": [items]}, MEASURES["balanced_accuracy"])["by_class"]["rnn"]
    assert [one["mean"] for one in recall] == [1.0, 0.5]
    assert breakdowns({"rnn": [items]}, measure_of("f1/좋음"))["by_class"] == {}


def test_bins_of_rarity_go_from_common_to_rare_and_keep_equals_together() -> None:
    rarity = np.array([10.0, 0.0, np.nan, 3.0] * 6)
    bins = by_rarity(accuracy(np.zeros(24), rarity=rarity))
    assert [one.name for one in bins] == ["rank 1", "rank 8", "rank 1,020"]
    assert [len(one.rows) for one in bins] == [6, 6, 6]
    assert (rarity[bins[0].rows] == 0).all()


def test_a_bin_in_which_nothing_can_be_measured_says_so() -> None:
    stats = np.array([[1.0, 1.0]] * 6 + [[0.0, 0.0]] * 6)
    items = Items("unseen_accuracy", stats, np.repeat([1, 2], 6))
    told = breakdowns({"lstm": [items, items]}, MEASURES["unseen_accuracy"])["by_length"]["lstm"]
    assert [(one["mean"], one["low"]) for one in told] == [(1.0, None), (None, None)]


def test_rows_of_other_data_are_noticed() -> None:
    with pytest.raises(ValueError, match="other rows"):
        breakdowns({"gru": [accuracy(np.zeros(5))], "lstm": [accuracy(np.zeros(6))]}, ACCURACY)
    assert breakdowns({}, ACCURACY) == {"by_length": {}, "by_class": {}, "by_rarity": {}}
