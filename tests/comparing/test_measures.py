"""Measures of sums, held to the metrics that count rows one by one, to sacrebleu and to numbers worked by hand."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.comparing.measures import MEASURES, measure_of
from seqloom.comparing.written import written_stats
from seqloom.errors import InputError
from seqloom.metrics import higher_is_better
from seqloom.metrics.bleu import BLEU
from seqloom.metrics.chrf import ChrF
from seqloom.metrics.classification import Classification
from seqloom.metrics.orders import Orders
from seqloom.metrics.regression import Regression

WORDS = st.lists(st.sampled_from(["a", "b", "cd", "한국", "어", "."]), max_size=7).map(" ".join)
SOME = WORDS.filter(bool)
ANSWERS = st.lists(st.tuples(WORDS, st.lists(SOME, min_size=1, max_size=3)), min_size=1, max_size=5)


def value(name: str, stats: Any) -> float:
    return float(measure_of(name).value(np.asarray(stats, np.float64)))


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_what_is_better_is_what_the_metric_says(name: str) -> None:
    assert MEASURES[name].higher == higher_is_better(name)
    assert MEASURES[name].name == name and MEASURES[name].about


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_many_sums_at_once_are_valued_as_each_alone(name: str) -> None:
    measure = MEASURES[name]
    rng = np.random.default_rng(3)
    k = 9 if "by label" in measure.columns[0] else len(measure.columns)
    stats = rng.integers(0, 4, (2, 5, k)).astype(np.float64)
    stats[0, 0] = 0
    many = measure.value(stats)
    assert many.shape == (2, 5)
    for place in np.ndindex(2, 5):
        assert float(many[place]) == pytest.approx(float(measure.value(stats[place])), nan_ok=True)


def test_the_ends_of_what_values_there_can_be() -> None:
    ends = {name: measure_of(name).bounds for name in ("accuracy", "f1/spam", "row_error", "wer", "mcc", "r2")}
    assert ends.pop("wer") == (0, math.inf), "more words may be wrong than there are"
    assert ends.pop("mcc") == (-1, 1) and ends.pop("r2") == (-math.inf, 1)
    assert set(ends.values()) == {(0, 1)}
    assert {measure_of(name).bounds for name in ("bleu", "bleu2", "chrf")} == {(0, 100)}
    assert measure_of("mae").bounds == (0, math.inf) and measure_of("perplexity").bounds == (1, math.inf)
    assert measure_of("loss").bounds == (-math.inf, math.inf), "a density may be above 1"
    stats = {"mcc": [[0, 0, 9, 1, 1, 9], [5, 5, 5, 5, 5, 5]], "bleu": [[9.0, 9, 9, 8, 7, 6, 9, 8, 7, 6]] * 2}
    for name, rows in stats.items():
        low, high = measure_of(name).bounds
        for row in rows:
            assert low - 1e-9 <= value(name, row) <= high + 1e-9


@settings(deadline=None, max_examples=60)
@given(ANSWERS)
def test_bleu_and_chrf_of_sums_are_those_of_sacrebleu(answers: list[tuple[str, list[str]]]) -> None:
    for score in (BLEU(tokenize="none"), BLEU(lowercase=True), ChrF(), ChrF(lowercase=True)):
        (name,) = score.higher
        for one, several in answers:
            score.add(one, several)
        assert value(name, written_stats([type_of(score)], name, answers).sum(0)) == pytest.approx(
            score.result()[name], abs=1e-9
        )


def type_of(score: BLEU | ChrF) -> BLEU | ChrF:
    if isinstance(score, BLEU):
        return BLEU(tokenize=score.tokenize, lowercase=score.lowercase)
    return ChrF(lowercase=score.lowercase)


@settings(deadline=None, max_examples=30)
@given(ANSWERS)
def test_bleu_of_every_order_is_that_of_sacrebleu(answers: list[tuple[str, list[str]]]) -> None:
    score = Orders()
    for one, several in answers:
        score.add(one, several)
    for name, expected in score.result().items():
        assert value(name, written_stats([Orders()], name, answers).sum(0)) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_measures_of_labels_are_those_of_the_confusion_matrix(rows: list[tuple[int, int]]) -> None:
    told, true = (np.array(side) for side in zip(*rows, strict=True))
    metric = Classification(list("abcd"))
    metric.add(torch.from_numpy(told), torch.from_numpy(true))
    sides = [one[:, None] == np.arange(4) for one in (told, true)]
    sums = np.concatenate([sides[0] & sides[1], *sides], 1).sum(0)
    expected = metric.result()
    for name in ("macro_f1", "balanced_accuracy", "mcc"):
        assert value(name, sums) == pytest.approx(expected[name], abs=1e-12), name
    assert value("f1/b", sums[[1, 5, 9]]) == pytest.approx(expected["f1/b"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=12))
def test_moments_give_correlation_and_explained_spread(rows: list[tuple[int, int]]) -> None:
    x, y = (np.array(side, np.float64) for side in zip(*rows, strict=True))
    metric = Regression()
    metric.add(x, y)
    expected = metric.result()
    sums = np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y], -1).sum(0)
    for name in ("r2", "pearson"):
        assert value(name, sums) == pytest.approx(expected[name], abs=1e-9), name


def test_tags_that_nobody_has_count_for_nothing() -> None:
    sums = np.array([2.0, 0.0, 0.0, 2.0, 1.0, 0.0, 3.0, 0.0, 0.0])
    assert value("tag_macro_f1", sums) == pytest.approx((4 / 5 + 0) / 2)
    assert value("macro_f1", sums) == pytest.approx((4 / 5 + 0) / 3)


def test_spans_by_hand() -> None:
    assert value("span_f1", [3, 5, 4]) == pytest.approx(6 / 9)
    assert (value("span_precision", [3, 5, 4]), value("span_recall", [3, 5, 4])) == (0.6, 0.75)
    assert [value(name, [0, 0, 0]) for name in ("span_f1", "span_precision", "span_recall")] == [0, 0, 0]


def test_a_mean_of_nothing_has_no_value_and_perplexity_no_end() -> None:
    assert math.isnan(value("accuracy", [0, 0]))
    assert value("perplexity", [2 * math.log(5), 2]) == pytest.approx(5)
    assert value("perplexity", [9999.0, 1]) > 1e300
    assert value("loss", [3, 2, 10, 4]) == 4.0, "heads are added up"
    assert value("rmse", [18, 2]) == 3.0


def test_calibration_by_hand() -> None:
    bins = np.zeros(16)
    bins[[3, 10, 15]] = [-1.5, 0.5, 4]
    assert value("ece", bins) == 0.5


def test_types_that_are_not_asked_do_not_count() -> None:
    assert value("mean_accuracy", [3, 4, 0, 0, 1, 4]) == 0.5
    assert value("accuracy/what colour", [3, 4]) == 0.75


@pytest.mark.parametrize("name", ["bits", "spearman", "distinct1", "nothing", "cider/x"])
def test_what_is_no_sum_has_no_measure(name: str) -> None:
    with pytest.raises(InputError, match=f"metric={name}: .* cannot be compared by it"):
        measure_of(name)


def test_a_name_of_one_label_is_the_measures_own() -> None:
    assert measure_of("f1/좋음").name == "f1/좋음"
    assert "좋음" in measure_of("f1/좋음").about
    assert measure_of("intent.accuracy").higher
