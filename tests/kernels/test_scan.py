"""The native recurrences beside the plain ones, at each level of instructions."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seqloom.cells.cell import Cell
from seqloom.cells.mingru import MinGRU
from seqloom.cells.minlstm import MinLSTM
from seqloom.kernels import scan as native
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.ops.scan import linear_scan

Make = Callable[[int, int], Cell]
CELLS: dict[str, Make] = {
    "minGRU": MinGRU,
    "minGRU positive": lambda width, size: MinGRU(width, size, candidate="positive"),
    "minLSTM": lambda width, size: MinLSTM(width, size, forget_bias=1.0),
    "minLSTM positive": lambda width, size: MinLSTM(width, size, candidate="positive"),
}
SIZES = [(1, 1, 1), (2, 7, 5), (3, 33, 16), (1, 40, 70), (5, 3, 33), (2, 64, 300)]
"""batch, time, size: parts of a vector, whole ones, more"""


def scanned(cell: Cell, x: Tensor, start: Tensor, slope: Tensor) -> list[Tensor]:
    """Return all h, the last State, and the gradients of the input, the start State and the weights."""
    x, start = x.detach().requires_grad_(), start.detach().requires_grad_()
    h, state = cell.scan(x, None, {"h": start})
    inputs = [x, start, *cell.parameters()]
    return [h, state["h"], *torch.autograd.grad((h * slope).sum() + state["h"].sum(), inputs)]


def made(make: Make, batch: int, time: int, size: int, spread: float = 1.0) -> tuple[Cell, Tensor, Tensor, Tensor]:
    torch.manual_seed(batch * time + size)
    cell = make(6, size)
    for weight in cell.parameters():
        torch.nn.init.normal_(weight, std=spread)
    return cell, torch.randn(batch, time, 6), torch.randn(batch, size), torch.randn(batch, time, size)


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("batch, time, size", SIZES)
def test_a_cell_is_the_plain_cell_in_double_precision(
    native_level: Library, make: Make, batch: int, time: int, size: int
) -> None:
    cell, x, start, slope = made(make, batch, time, size)
    assert native.usable(x, start)
    got = scanned(cell, x, start, slope)
    wanted = scanned(cell.double(), x.double(), start.double(), slope.double())
    for one, exact in zip(got, wanted, strict=True):
        torch.testing.assert_close(one.double(), exact, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_gates_far_from_zero_stay_exact(native_level: Library, make: Make) -> None:
    """Pre-activations in the hundreds, of both signs: what e^x would not hold."""
    cell, x, start, slope = made(make, 3, 20, 40, spread=80.0)
    got = scanned(cell, x, start, slope)
    wanted = scanned(cell.double(), x.double(), start.double(), slope.double())
    for one, exact in zip(got, wanted, strict=True):
        scale = max(1.0, exact.detach().abs().max().item())
        torch.testing.assert_close(one.double() / scale, exact / scale, rtol=1e-4, atol=1e-5)


def test_a_linear_recurrence_is_the_plain_one(native_level: Library) -> None:
    torch.manual_seed(0)
    inputs = [torch.rand(3, 50, 37), torch.randn(3, 50, 37), torch.randn(3, 37)]
    slope = torch.randn(3, 50, 37)
    results = []
    for kind in (torch.float32, torch.float64):  # the second is the plain form's
        given = [one.to(kind).requires_grad_() for one in inputs]
        h = linear_scan(given[0], given[1], given[2])
        results.append([h, *torch.autograd.grad((h * slope.to(kind)).sum(), given)])
    for one, exact in zip(*results, strict=True):
        torch.testing.assert_close(one.double(), exact, rtol=1e-5, atol=1e-5)


def test_shut_and_open_gates_are_exact(native_level: Library) -> None:
    """a = 1, b = 0 leaves the state to the last bit; a = 0 forgets it."""
    start = torch.randn(1, 21)
    ones, zeros = torch.ones(1, 30, 21), torch.zeros(1, 30, 21)
    assert torch.equal(linear_scan(ones, zeros, start), start.expand(30, 21)[None])
    assert torch.equal(linear_scan(zeros, ones, start), ones)


@pytest.mark.parametrize("batch, size", [(1, 200), (1, 1000), (9, 32)])
def test_threads_change_no_bit(native_library: Library, batch: int, size: int) -> None:
    torch.manual_seed(1)
    x, start = torch.randn(batch, 300, 3 * size), torch.randn(batch, size)
    assert batch * 300 * size >= native.SMALL
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            given = [x.clone().requires_grad_(), start.clone().requires_grad_()]
            h = native.minlstm(given[0], given[1], False)
            results.append([h, *torch.autograd.grad(h.square().sum(), given)])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, two) for one, two in zip(*results, strict=True))


def test_views_are_read_as_they_are_meant(native_library: Library) -> None:
    """Transposed and expanded tensors, and a gradient that is one number for all."""
    torch.manual_seed(2)
    x = torch.randn(12, 20, 4).transpose(0, 2)  # [4, 20, 12]
    start = torch.randn(1, 6).expand(4, 6)
    given = [x.clone().contiguous().requires_grad_(), start.clone().requires_grad_()]
    wanted = native.mingru(given[0], given[1], False)
    views = [x.detach().requires_grad_(), start.detach().requires_grad_()]
    got = native.mingru(views[0], views[1], False)
    assert torch.equal(got, wanted)
    for one, two in zip(torch.autograd.grad(got.sum(), views), torch.autograd.grad(wanted.sum(), given), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("kind", ["mingru", "minlstm"])
def test_what_is_not_a_number_stays_so(native_level: Library, kind: str) -> None:
    parts = 2 if kind == "mingru" else 3
    for place in range(parts):
        x = torch.zeros(1, 4, parts, 20)
        x[0, 1, place, 3] = torch.nan
        h = getattr(native, kind)(x.flatten(2), torch.ones(1, 20), False)
        assert h[0, 1:, 3].isnan().all()
        h[0, 1:, 3] = 0
        assert h.isfinite().all()  # and nothing else is touched


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_no_steps_and_no_rows(native_library: Library, make: Make) -> None:
    cell = make(6, 5)
    start = torch.randn(2, 5)
    h, state = cell.scan(torch.zeros(2, 0, 6), None, {"h": start})
    assert h.shape == (2, 0, 5) and torch.equal(state["h"], start)
    h, state = cell.scan(torch.zeros(0, 3, 6), None, {"h": start[:0]})
    assert h.shape == (0, 3, 5) and state["h"].shape == (0, 5)


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_half_precision_is_no_worse_than_the_plain_form(
    native_library: Library, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, x, start, slope = made(make, 3, 60, 24)
    exact = scanned(cell, x, start, slope)
    with torch.autocast("cpu", torch.bfloat16):
        fast = scanned(cell, x, start, slope)
        monkeypatch.setenv(VARIABLE, "off")
        plain = scanned(cell, x, start, slope)
    assert fast[0].dtype == plain[0].dtype == torch.bfloat16
    for one, other, true in zip(fast, plain, exact, strict=True):
        assert (one.float() - true).norm() <= 1.1 * (other.float() - true).norm() + 1e-3 * true.norm()


def test_it_is_taken_where_it_can_be(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.zeros(2, 3)
    assert native.usable(x, x.bfloat16())
    assert not native.usable(x, x.double())
    assert not native.usable(x, torch.zeros(2, 3, device="meta"))
    monkeypatch.setenv(VARIABLE, "off")
    assert not native.usable(x)
