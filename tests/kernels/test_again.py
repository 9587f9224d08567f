"""Gradients of gradients through native code, beside the plain forms: those forms by finite differences in float64."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional

from seqloom.cells.lstm import WIDE
from seqloom.encoders import build_encoder
from seqloom.kernels import product, recurrence
from seqloom.kernels.again import differentiated
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.kernels.unrolled import unrolled

GATES = {"tanh": 1, "relu": 1, "gru": 3, "lstm": 4}
CELLS: list[dict[str, Any]] = [
    {"kind": "rnn"}, {"kind": "rnn", "activation": "relu"}, {"kind": "gru", "reset": "after"}, {"kind": "lstm"},
]  # fmt: skip


def drawn(kind: str, time: int = 4) -> list[Tensor]:
    """Return x, the State and the weights of a recurrence of three rows, in float64."""
    g = torch.Generator().manual_seed(4)
    wide = GATES[kind] * 2
    shapes = [(3, time, 2), *[(3, 2)] * (2 if kind == "lstm" else 1), (wide, 2), (wide, 2), (wide,), (wide,)]
    return [torch.randn(shape, generator=g, dtype=torch.float64, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("kind", GATES)
def test_the_plain_recurrence_has_its_gradients_and_theirs(kind: str, ragged: bool, reverse: bool) -> None:
    mask = torch.arange(4) < torch.tensor([4, 2, 0])[:, None] if ragged else None

    def run(x: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
        return tuple(unrolled(kind, x, mask, list(given[:-4]), list(given[-4:]), reverse))

    assert gradcheck(run, drawn(kind))
    assert gradgradcheck(run, drawn(kind))


def squares(answer: list[Tensor], given: list[Tensor]) -> list[Tensor]:
    """Return the gradients of the square of an answer's gradients."""
    total = torch.stack([(one * torch.linspace(-1, 2, one.numel()).view_as(one)).sum() for one in answer]).sum()
    slopes = torch.autograd.grad(total, given, create_graph=True, allow_unused=True)
    there = [one for one in slopes if one is not None]
    norm = torch.stack([one.square().sum() for one in there]).sum()
    found = torch.autograd.grad(norm, given, allow_unused=True)
    return [*there, *(one for one in found if one is not None)]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("lengths", [None, [5, 3, 0], [2, 5, 1]])
@pytest.mark.parametrize("kind", GATES)
def test_native_recurrences_have_them_too(
    native_library: Library, kind: str, lengths: list[int] | None, reverse: bool
) -> None:
    mask = None if lengths is None else torch.arange(5) < torch.tensor(lengths)[:, None]
    exact = drawn(kind, 5)
    single = [one.detach().float().requires_grad_() for one in exact]
    assert recurrence.usable(single[0], single[1:-4], single[-4:])
    outputs, last = recurrence.run(kind, single[0], mask, single[1:-4], single[-4:], reverse)
    answer = unrolled(kind, exact[0], mask, exact[1:-4], exact[-4:], reverse)
    for got, wants in zip([outputs, *last], answer, strict=True):
        torch.testing.assert_close(got.double(), wants, rtol=1e-4, atol=1e-5)
    wanted = squares(answer, exact)
    found = squares([outputs, *last], single)
    assert len(found) == len(wanted) == 2 * len(exact)
    for got, wants in zip(found, wanted, strict=True):
        near = 1e-4 * max(1.0, float(wants.detach().abs().max()))
        torch.testing.assert_close(got.double(), wants, rtol=1e-3, atol=near)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(cell.values()))
def test_encoders_have_them_with_the_library_and_without(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, cell: dict[str, Any], both: bool
) -> None:
    torch.manual_seed(1)
    encoder = build_encoder({**cell, "size": 6, "layers": 2, "bidirectional": both}, 4)
    x, mask = torch.randn(3, 5, 4, requires_grad=True), torch.arange(5) < torch.tensor([5, 0, 2])[:, None]
    taken: list[bool] = []
    usable = recurrence.usable
    monkeypatch.setattr(recurrence, "usable", lambda *given: (taken.append(usable(*given)), taken[-1])[1])

    def once() -> list[Tensor]:
        memory, _ = encoder(x, mask)
        return squares([memory.outputs], [x, *encoder.parameters()])

    found = once()
    assert taken and all(taken)
    monkeypatch.setenv(VARIABLE, "off")
    wanted = once()
    assert not taken[-1]
    for got, wants in zip(found, wanted, strict=True):
        torch.testing.assert_close(got, wants, rtol=1e-3, atol=1e-4)


def test_a_whole_wide_lstm_has_them(native_library: Library) -> None:
    encoder = build_encoder({"kind": "lstm", "size": WIDE}, 3)
    x = torch.randn(2, 3, 3, requires_grad=True)
    memory, _ = encoder(x, torch.ones(2, 3, dtype=torch.bool))
    found = squares([memory.outputs], [x])
    assert all(torch.isfinite(one).all() and one.any() for one in found)


def test_native_products_have_them(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "WORK", 1)
    x, weight, bias = torch.randn(5, 8, 7), torch.randn(6, 7), torch.randn(6)
    given = [one.requires_grad_() for one in (x, weight, bias)]
    called: list[int] = []
    multiply = product.multiply
    monkeypatch.setattr(product, "multiply", lambda *given: (called.append(1), multiply(*given))[1])
    if product.pays():
        assert product.usable(*given)
    found = squares([product.linear(*given).tanh()], given)
    assert bool(called) == product.pays()
    for got, wants in zip(found, squares([functional.linear(*given).tanh()], given), strict=True):
        torch.testing.assert_close(got, wants, rtol=1e-3, atol=1e-3)


def test_a_tensor_that_is_given_twice_counts_for_each_place() -> None:
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    one, two, none = differentiated(lambda a, b, _: [a * a * b], [x, x, None], [torch.ones(2)])
    assert one is not None and two is not None and none is None
    assert one.tolist() == [8.0, 18.0]
    assert two.tolist() == [4.0, 9.0]
    assert torch.autograd.grad(one.sum(), x)[0].tolist() == [8.0, 12.0]


def test_what_has_no_gradient_gets_none() -> None:
    x, y = torch.ones(2, requires_grad=True), torch.ones(2)
    assert differentiated(lambda a, b: [a * b, b], [x, y], [None, y]) == [None, None]
    found = differentiated(lambda a, b: [a * b, b], [x, y], [y, None])
    assert found[0] is not None and found[1] is None
