"""Student: tails and quantiles beside scipy's, by hand where a closed form exists, and back again."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as scipy_t

from seqloom.comparing.student import freedom, outside, quantile

FREEDOMS = [0.5, 1.0, 1.3, 2.0, 2.7, 4.0, 10.0, 33.3, 999.0, 1e5]


@pytest.mark.parametrize("df", FREEDOMS)
@pytest.mark.parametrize("t", [1e-3, 0.3, 1.0, 1.96, 2.5, 5.0, 12.0, 50.0, 1e4])
def test_tails_are_scipys(df: float, t: float) -> None:
    assert outside(t, df) == pytest.approx(2 * scipy_t.sf(t, df), rel=1e-8, abs=1e-290)
    assert outside(-t, df) == outside(t, df)


@pytest.mark.parametrize("df", FREEDOMS)
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_quantiles_are_scipys(df: float, level: float) -> None:
    assert quantile(df, level) == pytest.approx(scipy_t.ppf(0.5 + level / 2, df), rel=1e-8)


def test_closed_forms() -> None:
    for t in (0.1, 1.0, 7.0):
        assert outside(t, 1) == pytest.approx(1 - 2 / math.pi * math.atan(t), rel=1e-12)  # Cauchy
        assert outside(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-12)
        assert outside(t, math.inf) == pytest.approx(math.erfc(t / math.sqrt(2)), rel=1e-12)
    assert quantile(1) == pytest.approx(math.tan(0.475 * math.pi), rel=1e-12)
    assert quantile(2) == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)), rel=1e-11)
    assert quantile(math.inf) == pytest.approx(1.959963984540054, rel=1e-12)
    assert (outside(0.0, 3), outside(math.inf, 3)) == (1, 0)


@pytest.mark.parametrize("df", [9_999_999.0, 10_000_001.0, 1e300])
def test_many_degrees_are_nearly_the_normal(df: float) -> None:
    assert quantile(df) == pytest.approx(quantile(math.inf), rel=1e-6)
    assert outside(1.5, df) == pytest.approx(outside(1.5, math.inf), rel=1e-6)


@given(st.floats(0.3, 1e5))
def test_freedom_is_the_way_back(df: float) -> None:
    assert freedom(quantile(df)) == pytest.approx(df, rel=1e-4)


def test_a_t_as_small_as_the_normals_has_endless_freedom() -> None:
    assert freedom(quantile(math.inf)) == math.inf
    assert freedom(1.0) == math.inf
    assert 2 * scipy_t.sf(2.5, freedom(2.5)) == pytest.approx(0.05)
    assert quantile(freedom(2.5, 0.9), 0.9) == pytest.approx(2.5)
