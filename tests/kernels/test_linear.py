"""The packed layer against its plain form and against arithmetic in float64, at each level of instructions."""

import pytest
import torch
from torch import Tensor

from seqloom.kernels import linear
from seqloom.kernels.decoder_step import DEEPEST, PRECISIONS, Precision
from seqloom.kernels.library import Library
from seqloom.kernels.linear import packed_layer, rounded, usable

SIZES = [(1, 1), (3, 5), (16, 64), (33, 17), (97, 130), (64, 256)]  # n, k
ROWS = [1, 2, 3, 4, 5, 7, 12, 13, 29]


def whole(n: int, k: int, rows: int) -> tuple[Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(n * 1000 + k + rows)
    return torch.randn(n, k, generator=g), torch.randn(n, generator=g), torch.randn(rows, k, generator=g) * 3


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_packed_layer_is_its_plain_form(native_level: Library, precision: Precision) -> None:
    for n, k in SIZES:
        for rows in ROWS:
            weight, bias, x = whole(n, k, rows)
            for own in (bias, None):
                got = packed_layer(weight, own, precision)(x)
                torch.testing.assert_close(got, rounded(x, weight, own, precision), rtol=1e-5, atol=1e-5 * k**0.5)


def test_int8_is_the_formula_of_its_header(native_level: Library) -> None:
    weight, bias, x = whole(40, 37, 6)
    step_w, step_x = weight.abs().amax(1) / 127, x.abs().amax(1) / 127
    sums = (x / step_x[:, None]).round().double() @ (weight / step_w[:, None]).round().double().T
    wanted = (sums * step_w.double() * step_x.double()[:, None] + bias).float()
    torch.testing.assert_close(packed_layer(weight, bias, "int8")(x), wanted, rtol=1e-5, atol=1e-5)
    assert (wanted - (x @ weight.T + bias)).abs().max() > 1e-3  # it does round


def test_bf16_rounds_the_weights_alone(native_level: Library) -> None:
    weight, bias, x = whole(40, 37, 6)
    wanted = x.double() @ weight.bfloat16().double().T + bias
    torch.testing.assert_close(packed_layer(weight, bias, "bf16")(x).double(), wanted, rtol=1e-5, atol=1e-5)


def test_whole_numbers_at_their_edge_do_not_overflow(native_level: Library) -> None:
    """Every product is 127 * 127, of either sign: older instructions would saturate at sums of pairs."""
    for sign in (1.0, -1.0):
        weight, x = torch.full((3, 4096), 0.5), torch.full((2, 4096), sign * 2.0)
        torch.testing.assert_close(packed_layer(weight, None, "int8")(x), torch.full((2, 3), sign * 4096.0))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
def test_what_is_no_number_stays_in_its_row(native_level: Library, precision: Precision, wrong: float) -> None:
    weight, bias, x = whole(20, 19, 5)
    clean = packed_layer(weight, bias, precision)(x)
    x[2, 7] = wrong
    got = packed_layer(weight, bias, precision)(x)
    assert not got[2].isfinite().any()
    rest = [0, 1, 3, 4]
    assert torch.equal(got[rest], clean[rest])
    weight[4, 1] = wrong
    assert not packed_layer(weight, bias, precision)(x)[:, 4].isfinite().any()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_rows_of_zeros_and_no_rows(native_level: Library, precision: Precision) -> None:
    weight, bias, _ = whole(20, 19, 1)
    layer = packed_layer(weight, bias, precision)
    assert torch.equal(layer(torch.zeros(3, 19)), bias.expand(3, -1))
    assert layer(torch.zeros(0, 19)).shape == (0, 20)
    assert layer(torch.zeros(2, 0, 19)).shape == (2, 0, 20)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_any_layout_and_two_threads(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, precision: Precision
) -> None:
    weight, bias, _ = whole(33, 21, 1)
    x = torch.randn(4, 21, 9).transpose(1, 2)  # not contiguous
    wanted = packed_layer(weight, bias, precision)(x.contiguous())
    assert torch.equal(packed_layer(weight.T.contiguous().T, bias, precision)(x), wanted)
    monkeypatch.setattr(linear, "SMALL", 0)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch.testing.assert_close(packed_layer(weight, bias, precision)(x), wanted, rtol=1e-6, atol=1e-5)
    finally:
        torch.set_num_threads(before)


def test_when_it_is_chosen(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight = torch.ones(2, 3), torch.ones(4, 3, requires_grad=True)
    assert usable(x, weight.detach(), None)
    assert not usable(x, weight, None)
    with torch.no_grad():
        assert usable(x, weight, None)
        assert not usable(x.double(), weight, None)
        assert not usable(torch.ones(2, 4), weight, None)  # what is read stays in x
        assert not usable(torch.ones(0, 3), weight, None)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert not usable(x, weight, None)
        monkeypatch.setenv("SEQLOOM_KERNELS", "off")
        assert not usable(x, weight, None)


def test_a_layer_too_wide_for_int8_is_held_as_floats() -> None:
    assert linear.held("int8", DEEPEST) == "int8"
    assert linear.held("int8", DEEPEST + 1) == "float32"
