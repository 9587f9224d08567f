"""Calibration against hand-worked bins and the paper's formula written out."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.errors import InputError
from seqloom.metrics.calibration import Calibration


def two(confidence: float) -> list[float]:
    return [confidence, 1 - confidence]


def test_bins_worked_by_hand() -> None:
    metric = Calibration(bins=5)
    # (0.6, 0.8]: 0.7 right, 0.8 wrong; (0.8, 1]: 0.9 right, 1.0 right
    metric.add(torch.tensor([two(0.7), two(0.8), two(0.9), two(1.0)], dtype=torch.float64), torch.tensor([0, 1, 0, 0]))
    assert metric.result()["ece"] == pytest.approx((abs(1 - 1.5) + abs(2 - 1.9)) / 4, abs=1e-12)
    low, high = metric.bins()
    assert low == pytest.approx({"from": 0.6, "to": 0.8, "rows": 2, "confidence": 0.75, "accuracy": 0.5})
    assert high == pytest.approx({"from": 0.8, "to": 1.0, "rows": 2, "confidence": 0.95, "accuracy": 1.0})


def test_the_bins_are_the_papers_fifteen() -> None:
    assert len(Calibration().edges) == 15


@pytest.mark.parametrize(("right", "error"), [(8, 0.0), (10, 0.2), (0, 0.8)])
def test_sure_at_eighty_percent(right: int, error: float) -> None:
    metric = Calibration()
    metric.add(torch.tensor([two(0.8)] * 10), torch.tensor([0] * right + [1] * (10 - right)))
    assert metric.result()["ece"] == pytest.approx(error, abs=1e-7)


@given(
    st.lists(st.tuples(st.floats(0.34, 1.0), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 20),
    st.integers(1, 9),
)
def test_equal_to_the_formula_in_any_batches(rows: list[tuple[float, bool]], bins: int, size: int) -> None:
    metric = Calibration(bins=bins)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        probabilities = torch.tensor([[p, (1 - p) / 2, (1 - p) / 2] for p, _ in part], dtype=torch.float64)
        metric.add(probabilities, torch.tensor([0 if right else 1 for _, right in part]))
    total = 0.0
    for m in range(1, bins + 1):
        inside = [(p, right) for p, right in rows if (m - 1) / bins < p <= m / bins]
        if inside:
            accuracy = sum(right for _, right in inside) / len(inside)
            confidence = math.fsum(p for p, _ in inside) / len(inside)
            total += len(inside) / len(rows) * abs(accuracy - confidence)
    assert metric.result()["ece"] == pytest.approx(total, abs=1e-9)


def test_a_probability_that_rounding_took_past_one_is_in_the_last_bin() -> None:
    metric = Calibration()
    metric.add(torch.tensor([[1.0 + 1e-6, 0.0]]), torch.tensor([0]))
    assert metric.bins()[0]["to"] == 1.0


def test_nothing_counted_is_an_error() -> None:
    with pytest.raises(InputError, match="nothing to measure"):
        Calibration().result()


def test_no_bins_are_refused() -> None:
    with pytest.raises(InputError, match="bins=0 cannot be used: there must be at least 1"):
        Calibration(bins=0)
