"""Penalties: the papers' formulas."""

import math

import pytest
import torch

from seqloom.decoding.penalties import coverage_penalty, length_penalty

LENGTHS = torch.tensor([1, 4, 20])


def test_gnmt_divides_by_its_formula() -> None:
    wanted = [1.0, (9 / 6) ** 0.6, (25 / 6) ** 0.6]
    assert length_penalty("gnmt", 0.6, LENGTHS).tolist() == pytest.approx(wanted)


def test_average_divides_by_a_power_of_the_length() -> None:
    assert length_penalty("average", 1.0, LENGTHS).tolist() == [1.0, 4.0, 20.0]
    assert length_penalty("average", 0.5, LENGTHS).tolist() == pytest.approx([1.0, 2.0, math.sqrt(20)])


def test_none_divides_by_nothing_and_nothing_is_divided_by_zero() -> None:
    assert length_penalty("none", 0.6, LENGTHS).tolist() == [1.0, 1.0, 1.0]
    assert length_penalty("average", 1.0, torch.tensor([0])).tolist() == [1.0]


def test_coverage_is_penalised_below_one_only() -> None:
    coverage = torch.tensor([[0.5, 1.0, 3.0], [1.0, 1.0, 1.0], [0.2, 0.1, 1.7]])
    wanted = [0.3 * math.log(0.5), 0.0, 0.3 * (math.log(0.2) + math.log(0.1))]
    assert coverage_penalty(0.3, coverage).tolist() == pytest.approx(wanted, abs=1e-6)


def test_a_place_that_was_never_seen_costs_much_and_not_all() -> None:
    assert coverage_penalty(1.0, torch.tensor([[0.0, 1.0]])).tolist() == pytest.approx([math.log(1e-9)])
