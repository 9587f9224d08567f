"""The quantiles head: pinball loss by hand, order whatever the numbers, other levels by normal scores."""

from typing import Any

import pytest
import torch

from seqloom.errors import InputError
from seqloom.heads.numbers import NumberShape
from seqloom.heads.quantiles import QuantilesHead
from seqloom.memory import Memory
from seqloom.metrics.intervals import pinball

SHAPE = NumberShape()


def head(*levels: float) -> QuantilesHead:
    return QuantilesHead(3, SHAPE, levels=levels).double() if levels else QuantilesHead(3, SHAPE).double()


def test_the_loss_is_the_pinball_loss() -> None:
    one = head(0.1, 0.5, 0.9)
    told = torch.tensor([[1.0, 2.0, 5.0], [-1.0, 0.0, 1.0]], dtype=torch.float64)
    wanted = torch.tensor([3.0, -2.0], dtype=torch.float64)
    by_hand = [(0.1 * 2 + 0.5 * 1 + 0.1 * 2) / 3, (0.9 * 1 + 0.5 * 2 + 0.1 * 3) / 3]
    assert one.each(told, wanted).tolist() == pytest.approx(by_hand)
    assert one.each(told, wanted).mean() == pytest.approx(float(pinball(wanted, told, one.levels)))


@pytest.mark.parametrize("levels", [(0.1, 0.5, 0.9), (0.5,), (0.2, 0.6), (0.01, 0.02, 0.5), (0.5, 0.99)])
def test_quantiles_cannot_cross(levels: tuple[float, ...]) -> None:
    one = head(*levels)
    raw = torch.randn(500, 1, len(levels), generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 20
    outputs = one.told(raw, torch.tensor(3.0), torch.tensor(0.5))
    assert (outputs.diff(dim=-1) >= 0).all()
    torch.testing.assert_close(outputs[..., one.middle], raw[..., one.middle] * 0.5 + 3)
    assert torch.autograd.gradcheck(
        lambda x: one.each(one.told(x, torch.tensor(3.0), torch.tensor(0.5)), torch.ones(4, 1).double()),
        (raw[:4] / 20).requires_grad_(),
    )


def test_it_starts_as_a_standard_normal_distribution() -> None:
    one = head(0.05, 0.4, 0.7, 0.95)
    nothing = torch.zeros(1, 3, dtype=torch.float64)
    outputs = one(nothing[:, None], Memory(nothing[:, None], torch.ones(1, 1, dtype=torch.bool), nothing))
    wanted = torch.special.ndtri(torch.tensor(one.levels, dtype=torch.float64))
    torch.testing.assert_close(outputs[0, 0, 0], wanted, atol=1e-6, rtol=0)


def test_a_level_that_was_learned_is_what_was_told_and_others_lie_on_the_normal_line() -> None:
    one = head(0.1, 0.4, 0.9)
    told = torch.tensor([[-3.0, 0.0, 8.0]], dtype=torch.float64)
    for level, value in zip(one.levels, (-3.0, 0.0, 8.0), strict=True):
        assert one.quantile(told, level).item() == pytest.approx(value)
    z = torch.special.ndtri(torch.tensor([0.4, 0.5, 0.9, 0.99], dtype=torch.float64)).tolist()
    assert one.quantile(told, 0.5).item() == one.point(told).item() == pytest.approx(8 * (z[1] - z[0]) / (z[2] - z[0]))
    assert one.quantile(told, 0.99).item() == pytest.approx(8 * (z[3] - z[0]) / (z[2] - z[0])), "beyond the last one"
    exact = QuantilesHead(3, SHAPE).double()
    normal = 2 + 3 * torch.special.ndtri(torch.tensor([exact.levels], dtype=torch.float64))
    for level in (0.001, 0.23, 0.5, 0.97):
        wanted = 2 + 3 * torch.special.ndtri(torch.tensor(level, dtype=torch.float64)).item()
        assert exact.quantile(normal, level).item() == pytest.approx(wanted), "a normal distribution is met exactly"


def test_one_level_is_a_point() -> None:
    told = torch.tensor([[4.0]], dtype=torch.float64)
    assert head(0.5).quantile(told, 0.9).item() == 4.0


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([], "must rise, above 0 and below 1"),
        ([0.5, 0.5], "must rise"),
        ([0.9, 0.5], "must rise"),
        ([0.0, 0.5], "above 0"),
        ([0.5, 1.0], "below 1"),
        ([0.1, 0.4], "all of these lie on one side of 0.5"),
        ([0.6], "all of these lie on one side of 0.5"),
    ],
)
def test_levels_that_cannot_be(levels: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        QuantilesHead(3, SHAPE, levels=levels)
