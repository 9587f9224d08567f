"""The native product beside torch's: any size, order and type, forward and backward, and where it steps aside."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from seqloom.kernels import product
from seqloom.kernels.library import Library
from seqloom.layers.linear import Linear

SIZES = [(1, 1, 1), (3, 5, 2), (32, 40, 33), (13, 33, 600), (193, 31, 17), (200, 70, 513), (0, 4, 3), (4, 6, 0)]
"""rows, n, k: around the edges of tiles, panels, blocks and depths."""


@pytest.mark.parametrize("rows, n, k", SIZES)
@pytest.mark.parametrize("left", ["rows", "columns", "skipping"])
@pytest.mark.parametrize("right", ["rows", "columns", "skipping"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_product_of_any_order_is_torchs(
    native_level: Library,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    n: int,
    k: int,
    left: str,
    right: str,
    threads: int,
) -> None:
    monkeypatch.setattr(product, "SHARED", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    a, b, bias = laid(rows, k, left), laid(k, n, right), torch.randn(n)
    whole = a.double() @ b.double()
    torch.testing.assert_close(product.product(native_level, a, b).double(), whole, rtol=1e-5, atol=1e-4)
    with_bias = product.product(native_level, a, b, bias).double()
    torch.testing.assert_close(with_bias, whole + bias, rtol=1e-5, atol=1e-4)


def laid(rows: int, columns: int, order: str) -> Tensor:
    """A matrix that lies by rows, by columns, or with gaps between its numbers."""
    if order == "columns":
        return torch.randn(columns, rows).t()
    return torch.randn(rows, 2 * columns)[:, ::2] if order == "skipping" else torch.randn(rows, columns)


def test_what_is_not_a_number_stays_so(native_level: Library) -> None:
    a, b = torch.randn(40, 20), torch.randn(20, 50)
    a[3, 7], a[5, 1] = torch.nan, torch.inf
    out = product.product(native_level, a, b)
    assert out[3].isnan().all() and not out[5].isfinite().any()
    assert out[[row for row in range(40) if row not in (3, 5)]].isfinite().all()


@pytest.mark.parametrize("shape", [(64, 48), (4, 20, 48)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_and_its_gradients_are_torchs(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], bias: bool
) -> None:
    monkeypatch.setattr(product, "pays", lambda: True)
    monkeypatch.setattr(product, "WORK", 1)
    layer = Linear(48, 70, bias=bias)
    x = torch.randn(*shape).transpose(0, -2).contiguous().transpose(0, -2).requires_grad_()
    assert product.usable(x, layer.weight, layer.bias)
    found = gradients(layer(x), [x, *layer.parameters()])
    plain = gradients(functional.linear(x, layer.weight, layer.bias), [x, *layer.parameters()])
    assert type(layer(x).grad_fn).__name__ == "_LinearBackward"
    for mine, theirs in zip(found, plain, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


def gradients(y: Tensor, given: list[Tensor]) -> list[Tensor]:
    """The output and the gradients of a function of it."""
    return [y.detach(), *torch.autograd.grad(y.sin().sum(), given)]


def test_torch_keeps_what_is_not_for_it(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "pays", lambda: True)
    x, weight = torch.randn(64, 256), torch.randn(256, 256)
    assert product.usable(x, weight)
    assert not product.usable(x[: product.ROWS - 1], weight)
    assert not product.usable(x[:, :8], weight[:, :8])
    assert not product.usable(x.double(), weight.double())
    with torch.autocast("cpu", torch.bfloat16):
        assert not product.usable(x, weight)
        assert product.linear(x, weight).dtype == torch.bfloat16
    seen = torch.func.vmap(lambda row: torch.tensor(product.usable(row, weight)))(torch.randn(2, 64, 256))
    assert not seen.any()
    monkeypatch.undo()
    monkeypatch.setenv("SEQLOOM_KERNELS", "off")
    assert not product.usable(x, weight)
    monkeypatch.setenv("SEQLOOM_KERNELS", "avx2")
    assert not product.usable(x, weight)
