"""Attention in numbers that are seen at once; the laws are in tests/laws/test_attention.py."""

import math

import pytest
import torch

from seqloom.ops.attend import apply, attend, weights


def test_scores_are_divided_by_the_root_of_the_size() -> None:
    query = torch.tensor([[[[2.0, 0, 0, 0]]]])
    key = torch.tensor([[[[1.0, 0, 0, 0], [0, 1, 0, 0]]]])
    wanted = math.exp(1) / (math.exp(1) + 1)  # scores 2 / sqrt(4) and 0
    assert weights(query, key, None, False)[0, 0, 0].tolist() == pytest.approx([wanted, 1 - wanted])
    mixed = attend(query, key, key, None, False, 0.0)
    assert mixed[0, 0, 0, :2].tolist() == pytest.approx([wanted, 1 - wanted])


def test_large_scores_neither_overflow_nor_let_the_masked_in() -> None:
    query = key = torch.full((1, 1, 2, 4), 1e6)
    value = torch.tensor([[[[1.0] * 4, [5.0] * 4]]])
    visible = torch.tensor([[[[True, False], [False, True]]]])
    for got in (
        attend(query, key, value, visible, False, 0.0),
        apply(weights(query, -key, visible, False), value, 0.0),
    ):
        assert torch.equal(got, value)


def test_dropped_weights_are_scaled_up() -> None:
    torch.manual_seed(0)
    weight, value = torch.full((1, 1, 1, 1000), 1e-3), torch.ones(1, 1, 1000, 1)
    got = apply(weight, value, 0.5)
    assert got.item() == pytest.approx(1, abs=0.15) and got.item() != 1
    assert apply(weight, value, 0.0).item() == pytest.approx(1)


def test_autocast_on_a_cpu_stays_in_single_precision() -> None:
    g = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(1, 2, 5, 4, generator=g, requires_grad=True) for _ in range(3))
    plain = attend(query, key, value, None, True, 0.0)
    with torch.autocast("cpu", torch.bfloat16):
        low = attend(query, key, value, None, True, 0.0)
        opened = apply(weights(query, key, None, True), value, 0.0)
        shares = weights(query.bfloat16(), key.bfloat16(), None, True)
    assert low.dtype == opened.dtype == shares.dtype == torch.float32
    assert torch.equal(low, plain)
    torch.testing.assert_close(opened, plain, atol=1e-6, rtol=1e-6)
