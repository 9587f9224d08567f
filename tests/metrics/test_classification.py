"""Classification against a hand-worked matrix and an independent formula."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.errors import InputError
from seqloom.metrics.classification import Classification

#        predicted  a  b  c
# true a            3  1  0
# true b            2  2  0
# true c            1  1  0        c is present and never predicted
TRUE = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
PREDICTED = [0, 0, 0, 1, 0, 0, 1, 1, 0, 1]


def counted(predicted: list[int], true: list[int], labels: list[str]) -> Classification:
    metric = Classification(labels)
    metric.add(torch.tensor(predicted), torch.tensor(true))
    return metric


def test_a_matrix_worked_by_hand() -> None:
    metric = counted(PREDICTED, TRUE, ["긍정", "b", "c"])
    assert metric.confusion.tolist() == [[3, 1, 0], [2, 2, 0], [1, 1, 0]]
    a, b, c = metric.per_label()
    assert a == {"label": "긍정", "precision": 3 / 6, "recall": 3 / 4, "f1": 0.6, "rows": 4}
    assert b == {"label": "b", "precision": 2 / 4, "recall": 2 / 4, "f1": 0.5, "rows": 4}
    assert c == {"label": "c", "precision": 0.0, "recall": 0.0, "f1": 0.0, "rows": 2}
    result = metric.result()
    assert result["accuracy"] == 0.5
    assert result["macro_f1"] == pytest.approx((0.6 + 0.5 + 0) / 3, abs=1e-15)
    assert result["f1/긍정"] == 0.6
    assert result["balanced_accuracy"] == pytest.approx((3 / 4 + 2 / 4 + 0) / 3)


def test_a_label_never_seen_anywhere_has_f1_zero_and_counts() -> None:
    result = counted([0, 1], [0, 1], ["a", "b", "never"]).result()
    assert result["f1/never"] == 0.0
    assert result["macro_f1"] == pytest.approx(2 / 3)


def test_a_label_predicted_and_never_present_has_f1_zero() -> None:
    metric = counted([1, 0], [0, 0], ["a", "b"])
    assert metric.per_label()[1] == {"label": "b", "precision": 0.0, "recall": 0.0, "f1": 0.0, "rows": 0}


def test_balanced_accuracy_is_of_the_labels_that_are_there() -> None:
    assert counted([0, 1, 1, 1], [0, 0, 1, 1], ["a", "b", "never"]).result()["balanced_accuracy"] == 0.75


def test_matthews_of_two_labels_is_his_formula() -> None:
    right_no, wrong_yes, wrong_no, right_yes = 50, 10, 5, 35  # tn fp fn tp
    true = [0] * 60 + [1] * 40
    predicted = [0] * 50 + [1] * 10 + [0] * 5 + [1] * 35
    by_hand = (right_yes * right_no - wrong_yes * wrong_no) / (45 * 40 * 60 * 55) ** 0.5
    assert counted(predicted, true, ["n", "y"]).result()["mcc"] == pytest.approx(by_hand, abs=1e-12)
    assert counted([0, 0], [0, 1], ["n", "y"]).result()["mcc"] == 0.0
    assert counted([1, 0], [0, 1], ["n", "y"]).result()["mcc"] == -1.0


labelled = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=1, max_size=40),
        st.integers(1, 7),
    )
)


@given(labelled)
def test_equal_to_the_definitions_in_any_batches(case: tuple[int, list[tuple[int, int]], int]) -> None:
    n, pairs, size = case
    metric = Classification([str(i) for i in range(n)])
    for start in range(0, len(pairs), size):
        part = torch.tensor(pairs[start : start + size])
        metric.add(part[:, 0], part[:, 1])
    result = metric.result()
    assert result["accuracy"] == sum(p == t for p, t in pairs) / len(pairs)
    scores = []
    for label in range(n):
        right = sum(p == t == label for p, t in pairs)
        precision = right / max(1, sum(p == label for p, _ in pairs))
        recall = right / max(1, sum(t == label for _, t in pairs))
        scores.append(2 * precision * recall / (precision + recall) if right else 0.0)
        assert result[f"f1/{label}"] == pytest.approx(scores[-1], abs=1e-12)
    assert result["macro_f1"] == pytest.approx(sum(scores) / n, abs=1e-12)
    assert result["mcc"] == pytest.approx(correlation_of_one_hots(n, pairs), abs=1e-9)


def correlation_of_one_hots(n: int, pairs: list[tuple[int, int]]) -> float:
    """Return R_K by its definition, cov(X, Y) / sqrt(cov(X, X) cov(Y, Y)) over one-hot rows (Gorodkin 2004, eq. 2)."""
    x, y = (np.eye(n)[[pair[side] for pair in pairs]] for side in (0, 1))
    x, y = x - x.mean(0), y - y.mean(0)
    below = float((x * x).sum() * (y * y).sum())
    return float((x * y).sum()) / below**0.5 if below > 1e-12 else 0.0


@pytest.mark.parametrize(("predicted", "true"), [([2], [0]), ([0], [2]), ([-1], [0]), ([0], [-100])])
def test_an_id_out_of_range_is_refused(predicted: list[int], true: list[int]) -> None:
    with pytest.raises(ValueError, match="for 2 labels"):
        counted(predicted, true, ["a", "b"])


def test_nothing_counted_is_an_error() -> None:
    with pytest.raises(InputError, match="nothing to measure: no row with a label was seen"):
        Classification(["a", "b"]).result()
