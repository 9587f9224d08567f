"""A glance notices every step of an optimizer, and costs no more than a glance."""

import pytest
import torch

from seqloom.kernels.glimpse import glimpse
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE

SIZES = [(1,), (47,), (48,), (49, 3), (300, 70), (0, 4)]


def weights() -> list[torch.nn.Parameter]:
    generator = torch.Generator().manual_seed(1)
    return [torch.nn.Parameter(torch.randn(size, generator=generator)) for size in SIZES]


def check() -> None:
    held = weights()
    before = glimpse(held)
    assert glimpse(held) == before == glimpse(weights())
    optimizer = torch.optim.AdamW(held, lr=1e-3, fused=True)
    for one in held:
        one.grad = torch.ones_like(one)
    versions = [one._version for one in held]
    optimizer.step()
    assert versions == [one._version for one in held]  # the reason for this file; where torch counts, it may go
    assert glimpse(held) != before
    for place in range(len(held) - 1):
        one = weights()
        one[place].data.mul_(1.5)
        assert glimpse(one) != before


def test_a_step_that_counts_nothing_is_noticed(native_level: Library) -> None:
    check()


def test_without_the_library_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    check()


def test_other_tensors_are_passed_over(native_library: Library) -> None:
    assert glimpse([torch.zeros(3, dtype=torch.float64), torch.zeros(4, 4).T[:, :2]]) == glimpse([])
