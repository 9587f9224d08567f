"""The blocked scan against the plain recurrence."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from seqloom.ops.scan import linear_scan


def plain(a: Tensor, b: Tensor, start: Tensor) -> Tensor:
    h, all_of_them = start, []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        all_of_them.append(h)
    return torch.stack(all_of_them, 1)


@given(st.integers(1, 40), st.integers(0, 1000))
def test_numbers_and_gradients_are_those_of_the_recurrence(time: int, seed: int) -> None:
    g = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(2, time, 3, generator=g, dtype=torch.float64) for _ in range(2))
    start, slope = (torch.randn(2, *more, 3, generator=g, dtype=torch.float64) for more in ((), (time,)))
    inputs = [one.requires_grad_() for one in (a.sigmoid(), b, start)]
    got, wanted = linear_scan(*inputs), plain(*inputs)
    torch.testing.assert_close(got, wanted, atol=1e-12, rtol=1e-12)
    slopes = [torch.autograd.grad((one * slope).sum(), inputs) for one in (got, wanted)]
    torch.testing.assert_close(slopes[0], slopes[1], atol=1e-12, rtol=1e-12)


def test_gates_that_are_shut_and_open_are_exact() -> None:
    """a = 1, b = 0 leaves the state to the last bit; a = 0 forgets it."""
    start = torch.randn(1, 2)
    ones, zeros = torch.ones(1, 30, 2), torch.zeros(1, 30, 2)
    assert torch.equal(linear_scan(ones, zeros, start), start.expand(30, 2)[None])
    assert torch.equal(linear_scan(zeros, ones, start), ones)


def test_single_precision_stays_close_over_a_thousand_steps() -> None:
    g = torch.Generator().manual_seed(0)
    a, b = torch.rand(1, 1000, 4, generator=g), torch.randn(1, 1000, 4, generator=g)
    start = torch.zeros(1, 4)
    exact = plain(a.double(), b.double(), start.double())
    torch.testing.assert_close(linear_scan(a, b, start).double(), exact, atol=1e-5, rtol=1e-5)


def test_no_time_gives_no_steps() -> None:
    assert linear_scan(torch.zeros(2, 0, 3), torch.zeros(2, 0, 3), torch.zeros(2, 3)).shape == (2, 0, 3)
