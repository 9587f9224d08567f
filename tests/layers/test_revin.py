"""RevIN against Kim et al.'s equations by hand: measured on data alone, undone exactly, safe where nothing varies."""

import math

import pytest
import torch
from torch import Tensor

from seqloom.layers.revin import RevIN

X = torch.tensor([[[1.0, 7.0, 5.0], [3.0, 7.0, 6.0], [8.0, 7.0, 7.0]]], dtype=torch.float64)
"""One row of three steps: a channel that varies, one that does not, and a covariate."""
ALL = torch.ones(1, 3, dtype=torch.bool)


def layer(flags: bool = False, weight: float = 1.0, bias: float = 0.0, channels: int = 2) -> RevIN:
    made = RevIN(channels, flags).double()
    made.log_weight.data.fill_(math.log(weight))
    made.bias.data.fill_(bias)
    return made


def test_a_window_has_mean_zero_and_deviation_one() -> None:
    one = layer()
    center, spread = one.measure(X, ALL)
    deviation = math.sqrt((9 + 1 + 16) / 3)
    torch.testing.assert_close(center, torch.tensor([[4.0, 7.0]]).double())
    torch.testing.assert_close(spread, torch.tensor([[deviation, 1.0]]).double())
    normal = one.apply_to(X, (center, spread))
    torch.testing.assert_close(normal[0, :, 0], torch.tensor([-3.0, -1.0, 4.0]).double() / deviation)
    assert not normal[0, :, 1].any(), "a constant window is zero"
    assert torch.equal(normal[..., 2], X[..., 2]), "covariates stay"


def test_weight_and_bias_are_the_papers_and_are_undone() -> None:
    """Equations 2 and 3: normal = weight (x - mean) / deviation + bias, and back."""
    plain, one = layer(), layer(weight=2.5, bias=-0.3)
    mean, deviation = plain.measure(X, ALL)
    center, spread = one.measure(X, ALL)
    normal = one.apply_to(X, (center, spread))
    torch.testing.assert_close(normal[..., :2], 2.5 * (X[..., :2] - mean) / deviation - 0.3)
    torch.testing.assert_close(normal[..., :2] * spread + center, X[..., :2])


def test_padding_is_not_measured() -> None:
    one, mask = layer(), torch.tensor([[True, True, True, False]])
    wanted = one.measure(X, ALL)
    for junk in (0.0, 1e6):
        padded = torch.cat([X, torch.full((1, 1, 3), junk, dtype=torch.float64)], 1)
        for got, value in zip(one.measure(padded, mask), wanted, strict=True):
            torch.testing.assert_close(got, value)


def test_what_was_not_observed_is_neither_measured_nor_heard() -> None:
    one = layer(flags=True, channels=1, bias=0.7)
    seen = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    for stands in (0.0, 55.0):
        x = torch.stack([torch.tensor([2.0, stands, 6.0]).double(), seen, torch.arange(3.0).double()], -1)[None]
        center, spread = one.measure(x, ALL)
        torch.testing.assert_close(spread, torch.tensor([[2.0]]).double())
        torch.testing.assert_close(center, torch.tensor([[4.0 - 0.7 * 2.0]]).double())
        normal = one.apply_to(x, (center, spread), flags=True)
        torch.testing.assert_close(normal[0, :, 0], torch.tensor([-0.3, 0.0, 1.7]).double())
        assert torch.equal(normal[..., 1:], x[..., 1:])


def test_values_a_decoder_hears_have_no_flags() -> None:
    one = layer(flags=True, channels=1)
    heard = torch.tensor([[[6.0, 0.0]]], dtype=torch.float64)  # a value and a covariate that happens to be 0
    scale = torch.tensor([[4.0]]).double(), torch.tensor([[2.0]]).double()
    assert one.apply_to(heard, scale).tolist() == [[[1.0, 0.0]]]


@pytest.mark.parametrize("value", [0.0, 0.1, 1e4, -3e7])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_constant_window_is_safe(value: float, dtype: torch.dtype) -> None:
    """Rounding is no variance: nothing is blown up, and gradients are finite."""
    one = RevIN(1).to(dtype)
    x = torch.full((2, 37, 1), value, dtype=dtype).requires_grad_()
    mask = torch.ones(2, 37, dtype=torch.bool)
    mask[1, 1:] = False
    center, spread = one.measure(x, mask)
    torch.testing.assert_close(spread, torch.ones(2, 1, dtype=dtype))
    normal = one.apply_to(x, (center, spread))
    assert normal.abs().max() <= 1e-5 * max(1.0, abs(value))
    slopes: tuple[Tensor, ...] = torch.autograd.grad(normal.square().sum() + spread.sum(), [x, *one.parameters()])
    assert all(slope.isfinite().all() for slope in slopes)


def test_a_row_without_a_step_has_a_scale_too() -> None:
    one = layer(weight=2.0, bias=1.0)
    center, spread = one.measure(X, torch.zeros(1, 3, dtype=torch.bool))
    torch.testing.assert_close(spread, torch.full((1, 2), 0.5).double())
    torch.testing.assert_close(center, torch.full((1, 2), -0.5).double())


@pytest.mark.parametrize("a", [1e-3, 2.0, 5e4])
def test_other_units_give_the_same_window(a: float) -> None:
    one, b = layer(weight=1.3, bias=0.2, channels=1), -40.0
    x = X[..., :1]
    here = one.apply_to(x, one.measure(x, ALL))
    there = one.apply_to(a * x + b, one.measure(a * x + b, ALL))
    torch.testing.assert_close(there, here, atol=1e-9, rtol=0)
