"""MultiLabel against a hand-worked case and an independent formula."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.errors import InputError
from seqloom.metrics.multilabel import MultiLabel


def test_a_case_worked_by_hand() -> None:
    metric = MultiLabel(["a", "b", "never"])
    metric.add(torch.tensor([[1, 0, 0], [1, 1, 0]]), torch.tensor([[1, 0, 0], [0, 1, 0]]))
    metric.add(torch.tensor([[0, 0, 0], [0, 0, 0]]), torch.tensor([[1, 1, 0], [0, 0, 0]]))
    result = metric.result()
    assert result["exact_match"] == 2 / 4
    assert result["micro_f1"] == 2 * 2 / (3 + 4)  # right a 1, b 1; predicted a 2, b 1; present a 2, b 2
    assert result["f1/a"] == 2 * 1 / (2 + 2)
    assert result["f1/b"] == pytest.approx(2 / 3)
    assert result["f1/never"] == 0.0
    assert result["macro_f1"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert metric.per_label()[0] == {"label": "a", "precision": 1 / 2, "recall": 1 / 2, "f1": 1 / 2, "rows": 2}


@given(st.lists(st.tuples(*[st.booleans()] * 6), min_size=1, max_size=30))
def test_equal_to_the_definitions(rows: list[tuple[bool, ...]]) -> None:
    metric = MultiLabel(["x", "y", "z"])
    for row in rows:
        metric.add(torch.tensor([row[:3]]), torch.tensor([row[3:]]))
    result = metric.result()
    decisions = [(row[i], row[i + 3], i) for row in rows for i in range(3)]

    def score(chosen: list[tuple[bool, bool, int]]) -> float:
        wrong = sum(p != t for p, t, _ in chosen)
        right = sum(p and t for p, t, _ in chosen)
        return right / (right + wrong / 2) if right else 0.0

    assert result["exact_match"] == sum(row[:3] == row[3:] for row in rows) / len(rows)
    assert result["micro_f1"] == pytest.approx(score(decisions), abs=1e-12)
    each = [score([d for d in decisions if d[2] == i]) for i in range(3)]
    assert result["macro_f1"] == pytest.approx(sum(each) / 3, abs=1e-12)


def test_nothing_counted_is_an_error() -> None:
    with pytest.raises(InputError, match="nothing to measure: no row with labels was seen"):
        MultiLabel(["a"]).result()
