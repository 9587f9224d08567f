"""Normal and Student heads: densities, quantiles and starts against torch's distributions and closed forms."""

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, StudentT

from seqloom.batch import Field
from seqloom.heads.normal import NormalHead
from seqloom.heads.numbers import FLOOR, NumberHead, NumberShape
from seqloom.heads.student import StudentHead
from seqloom.memory import Memory

SHAPE = NumberShape(horizon=2, channels=3)
RAW = torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2
WANTED = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 5
CENTER = torch.tensor([[[1.0, -2.0, 0.0]]], dtype=torch.float64)
SPREAD = torch.tensor([[[1.0, 30.0, 0.01]]], dtype=torch.float64)


def told(head: NumberHead) -> Tensor:
    return head.told(RAW[..., : head.parameters_each], CENTER, SPREAD)


def test_the_normal_loss_is_the_density() -> None:
    head = NormalHead(4, SHAPE)
    outputs = told(head)
    like = Normal(outputs[..., 0], outputs[..., 1])
    torch.testing.assert_close(head.each(outputs, WANTED), -like.log_prob(WANTED))
    torch.testing.assert_close(head.quantile(outputs, 0.9), like.icdf(torch.tensor(0.9, dtype=torch.float64)))
    assert torch.equal(head.point(outputs), like.mean)
    sigma = (torch.nn.functional.softplus(RAW[..., 1]) + FLOOR) * SPREAD
    torch.testing.assert_close(outputs[..., 1], sigma)


def test_the_student_loss_is_the_density() -> None:
    head = StudentHead(4, SHAPE)
    outputs = told(head)
    mean, s, v = outputs.unbind(-1)
    assert (v > 2).all()
    like = StudentT(v, mean, s)
    torch.testing.assert_close(head.each(outputs, WANTED), -like.log_prob(WANTED))
    assert torch.equal(head.point(outputs), like.mean)
    torch.testing.assert_close(head.quantile(outputs, 0.5), like.mean)


def test_a_student_of_great_freedom_is_normal() -> None:
    student, normal = StudentHead(4, SHAPE), NormalHead(4, SHAPE)
    outputs = torch.tensor([[1.0, 2.0, 1e6]], dtype=torch.float64)
    wanted = torch.tensor([4.0], dtype=torch.float64)
    torch.testing.assert_close(student.each(outputs, wanted), normal.each(outputs[:, :2], wanted), atol=1e-4, rtol=0)
    torch.testing.assert_close(
        student.quantile(outputs, 0.95), normal.quantile(outputs[:, :2], 0.95), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("kind", [NormalHead, StudentHead])
def test_gradients_are_slopes(kind: type[NormalHead] | type[StudentHead]) -> None:
    head = kind(4, SHAPE)
    raw = RAW[:1, :1, :, : head.parameters_each].clone().requires_grad_()
    torch.autograd.gradcheck(lambda x: head.each(head.told(x, CENTER, SPREAD), WANTED[:1, :1]), raw)


@pytest.mark.parametrize("kind", [NormalHead, StudentHead])
def test_it_starts_as_wide_as_the_window(kind: type[NormalHead] | type[StudentHead]) -> None:
    head = kind(4, SHAPE).double()
    nothing = torch.zeros(2, 4, dtype=torch.float64)
    outputs = head(nothing[:, None], Memory(nothing[:, None], torch.ones(2, 1, dtype=torch.bool), nothing))
    torch.testing.assert_close(outputs[..., 0], torch.zeros(2, 2, 3).double())
    torch.testing.assert_close(outputs[..., 1], torch.ones(2, 2, 3).double(), atol=1e-6, rtol=0)
    if kind is StudentHead:
        torch.testing.assert_close(outputs[..., 2], torch.full((2, 2, 3), 10.0).double(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", [NormalHead, StudentHead])
def test_far_values_and_narrow_widths_stay_finite(kind: type[NormalHead] | type[StudentHead]) -> None:
    head = kind(4, SHAPE)
    raw = torch.tensor([[[[0.0, -200.0, -200.0]]]])[..., : head.parameters_each].requires_grad_()
    outputs = head.told(raw, torch.zeros(1), torch.ones(1))
    total, _ = head.loss(outputs, Field(torch.full((1, 1, 1), 1e6)))
    (slope,) = torch.autograd.grad(total, raw)
    assert total.isfinite() and slope.isfinite().all()
