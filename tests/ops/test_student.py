"""Quantiles of Student's t against closed forms, torch's density summed up, and the two ways against each other."""

import math

import pytest
import torch
from torch.distributions import StudentT

from seqloom.ops import student
from seqloom.ops.student import quantile

LEVELS = torch.tensor([1e-12, 1e-6, 0.01, 0.2, 0.4999, 0.5, 0.7, 0.9, 0.999, 1 - 1e-9], dtype=torch.float64)


def test_two_degrees_have_a_closed_form() -> None:
    p = LEVELS
    wanted = 2 * (p - 0.5) * (2 / (4 * p * (1 - p))).sqrt()
    torch.testing.assert_close(quantile(p, torch.tensor(2.0)), wanted, rtol=1e-12, atol=1e-12)


def test_four_degrees_have_a_closed_distribution() -> None:
    t = quantile(LEVELS, torch.tensor(4.0))
    w = 1 + t**2 / 4
    mass = 0.5 + 3 / 8 * t / w.sqrt() * (1 - t**2 / (12 * w))
    torch.testing.assert_close(mass, LEVELS, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("freedom", [2.0001, 2.7, 5.0, 11.3, 120.0, 299.0, 1000.0])
def test_the_density_between_two_quantiles_is_their_difference(freedom: float) -> None:
    v = torch.tensor(freedom, dtype=torch.float64)
    low, high = (float(quantile(torch.tensor(p, dtype=torch.float64), v)) for p in (0.03, 0.98))
    x = torch.linspace(low, high, 20_001, dtype=torch.float64)
    mass = torch.trapezoid(StudentT(v).log_prob(x).exp(), x)
    assert float(mass) == pytest.approx(0.95, abs=1e-8)


def test_both_ways_agree_where_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    near = torch.tensor(student.NEARLY_NORMAL)
    levels = LEVELS[LEVELS != 0.5]
    one = quantile(levels, near)
    monkeypatch.setattr(student, "NEARLY_NORMAL", 1.0)
    torch.testing.assert_close(quantile(levels, near), one, rtol=2e-8, atol=1e-9)


def test_newton_needs_few_rounds_wherever_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    g = torch.Generator().manual_seed(0)
    level = torch.rand(2000, generator=g, dtype=torch.float64)
    freedom = 2 + torch.rand(2000, generator=g, dtype=torch.float64) ** 4 * 200
    wanted = quantile(level, freedom)
    monkeypatch.setattr(student, "ROUNDS", 4)
    assert torch.equal(quantile(level, freedom), wanted)


def test_many_values_are_solved_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    level = torch.linspace(0.01, 0.99, 21, dtype=torch.float64).view(7, 3)
    freedom = torch.linspace(2.5, 400, 7).view(7, 1)
    wanted = quantile(level, freedom)
    monkeypatch.setattr(student, "AT_ONCE", 4)
    torch.testing.assert_close(quantile(level, freedom), wanted, rtol=1e-12, atol=1e-12)


def test_it_is_odd_and_broadcasts() -> None:
    level, freedom = torch.tensor([[0.1], [0.9]]).double(), torch.tensor([3.0, 30.0, 3000.0])
    t = quantile(level, freedom)
    torch.testing.assert_close(t[0], -t[1])
    assert t.shape == (2, 3) and t.dtype == torch.float64
    assert math.isclose(float(quantile(torch.tensor(0.5), torch.tensor(3.0))), 0.0)
