"""The point head: its three errors by hand, and what it cannot say."""

from typing import Any

import pytest
import torch

from seqloom.errors import InputError
from seqloom.heads.numbers import NumberShape
from seqloom.heads.point import PointHead

ERRORS = torch.tensor([0.5, -1.0, 2.0, -4.0], dtype=torch.float64)


def each(**options: Any) -> list[float]:
    head = PointHead(3, NumberShape(), **options)
    told = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    return head.each(told.unsqueeze(-1), told + ERRORS).tolist()


def test_errors_by_hand() -> None:
    assert each() == each(loss="mse") == [0.25, 1.0, 4.0, 16.0]
    assert each(loss="mae") == [0.5, 1.0, 2.0, 4.0]
    assert each(loss="huber") == [0.125, 0.5, 1.5, 3.5]
    assert each(loss="huber", delta=2.0) == [0.125, 0.5, 2.0, 6.0]


def test_huber_is_smooth_where_it_turns() -> None:
    head = PointHead(3, NumberShape(), loss="huber", delta=1.5)
    for error in (1.4999999, 1.5000001, -1.5):
        told = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(head.each(told, torch.tensor([error], dtype=torch.float64)).sum(), told)
        assert slope.abs() == pytest.approx(1.5, abs=1e-6)


def test_a_point_says_nothing_of_how_far_off_it_is() -> None:
    head = PointHead(3, NumberShape())
    for call in (lambda: head.quantile(torch.zeros(1, 1), 0.9), lambda: head.sample(torch.zeros(1, 1))):
        with pytest.raises(InputError, match="train with a head of kind quantiles, normal or student"):
            call()
