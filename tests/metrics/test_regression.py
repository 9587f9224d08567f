"""Regression against numbers worked by hand and against definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.errors import InputError
from seqloom.metrics.regression import Regression, correlation, ranks

FEW = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=2, max_size=30)


def test_values_worked_by_hand() -> None:
    metric = Regression()
    metric.add([2.0, 2.0], [1.0, 2.0])
    metric.add([[5.0]], [[6.0]])
    result = metric.result()
    assert result["mae"] == pytest.approx(2 / 3) and result["rmse"] == pytest.approx((2 / 3) ** 0.5)
    assert result["r2"] == pytest.approx(1 - 2 / 14)  # the mean is 3: 4 + 1 + 9
    assert result["pearson"] == pytest.approx(9 / (6 * 14) ** 0.5)
    assert result["spearman"] == pytest.approx(1.5 / (1.5 * 2) ** 0.5)  # ranks 1.5 1.5 3 and 1 2 3


def test_ranks_are_shared_by_equals() -> None:
    assert ranks([10, 30, 20, 20, 20]).tolist() == [1, 5, 3, 3, 3]


@given(FEW)
def test_correlations_are_numpys_and_ranks_need_only_order(pairs: list[tuple[int, int]]) -> None:
    told, true = (np.array([float(pair[side]) for pair in pairs]) for side in (0, 1))
    if told.std() and true.std():
        assert correlation(told, true) == pytest.approx(np.corrcoef(told, true)[0, 1], abs=1e-12)
    one, other = Regression(), Regression()
    one.add(told, true)
    other.add(np.exp(told), true**3)
    assert one.result()["spearman"] == pytest.approx(other.result()["spearman"], abs=1e-12)


def test_the_mean_has_r2_zero_and_one_value_no_correlation() -> None:
    metric = Regression()
    metric.add([2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    assert metric.result() == {"mae": 2 / 3, "rmse": (2 / 3) ** 0.5, "r2": 0.0, "pearson": 0.0, "spearman": 0.0}
    same = Regression()
    same.add([1.0, 2.0], [0.1, 0.1])
    assert same.result()["r2"] == 0.0 and same.result()["pearson"] == 0.0


def test_nothing_counted_is_an_error() -> None:
    with pytest.raises(InputError, match="no row with a number was seen"):
        Regression().result()
