"""Dropout: the noise itself, both forms of it, what it is added to and what stands before it."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from seqloom.kernels import dropout as subject
from seqloom.kernels.dropout import STEPS, Noise, activate, add_dropped, drawn, dropout
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE

SHAPES = [(1,), (5, 3), (2, 0, 3), (257,), (7, 40_001)]


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many threads share the numbers, however few."""
    monkeypatch.setattr(subject, "SHARED", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: request.param)
    return int(request.param)


def test_the_noise_is_splitmix() -> None:
    # first outputs of SplitMix64 from the seed 1234567, as published with it (Vigna, splitmix64.c)
    words = [6457827717110365317, 3203168211198807973]
    bits = [word >> 16 * place & 0xFFFF for word in words for place in range(4)]
    for bit, threshold in zip(bits, sorted(bits), strict=True):
        factors = Noise(1234567, threshold, 2.0).like(torch.empty(8))
        assert factors.tolist() == [2.0 if one >= threshold else 0.0 for one in bits], bit


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_both_forms_make_the_same(
    native_level: Library,
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    share: float,
) -> None:
    found = [run(shape, dtype, share)]
    monkeypatch.setenv(VARIABLE, "off")
    found.append(run(shape, dtype, share))
    for mine, plain in zip(*found, strict=True):
        close = 1e-6 if dtype == torch.float32 else 1e-2
        torch.testing.assert_close(mine, plain, rtol=close, atol=close)
        assert torch.equal(mine == 0, plain == 0)


def run(shape: tuple[int, ...], dtype: torch.dtype, share: float) -> list[Tensor]:
    """The answers of dropout and of its sum with something, and their gradients."""
    torch.manual_seed(5)
    x, beside = (torch.randn(*shape, 2)[..., 0].to(dtype).requires_grad_() for _ in range(2))
    dropped, added = dropout(x, share), add_dropped(beside, x, share)
    slopes = torch.autograd.grad((dropped.float().sin().sum() + added.float().cos().sum()), (x, beside))
    return [dropped.detach(), added.detach(), *slopes]


@pytest.mark.parametrize("off", [False, True])
def test_a_share_is_dropped_and_the_mean_stays(monkeypatch: pytest.MonkeyPatch, off: bool) -> None:
    if off:
        monkeypatch.setenv(VARIABLE, "off")
    torch.manual_seed(0)
    x = torch.ones(400_000, dtype=torch.float32)
    for share in (0.1, 0.25, 0.9):
        first, second = dropout(x, share), dropout(x, share)
        sigma = (share * (1 - share) / len(x)) ** 0.5
        assert abs(float((first == 0).float().mean()) - share) < 4 * sigma
        assert abs(float(((first == 0) & (second == 0)).float().mean()) - share**2) < 4 * sigma
        beside = (first[1:] == 0) & (first[:-1] == 0)
        assert abs(float(beside.float().mean()) - share**2) < 4 * sigma
        kept = first[first != 0]
        torch.testing.assert_close(kept, torch.full_like(kept, STEPS / (STEPS - round(share * STEPS))))


def test_noise_follows_torchs_generator() -> None:
    torch.manual_seed(1)
    first, state = drawn(0.5), torch.get_rng_state()
    second = drawn(0.5)
    assert first != second
    torch.set_rng_state(state)
    assert drawn(0.5) == second


@pytest.mark.parametrize("training, share", [(False, 0.5), (True, 0.0)])
def test_nothing_is_drawn_where_nothing_is_dropped(training: bool, share: float) -> None:
    before, x = torch.get_rng_state(), torch.randn(4)
    before = torch.get_rng_state()
    assert dropout(x, share, training) is x
    assert torch.equal(add_dropped(x, x, share, training), 2 * x)
    assert torch.equal(activate(x, "relu", share, training), x.relu())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", ["relu", "gelu"])
@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_activation_is_torchs(
    native_level: Library, threads: int, kind: str, share: float, dtype: torch.dtype
) -> None:
    assert kind in ("relu", "gelu")
    x = torch.cat([torch.linspace(-12, 12, 4001), torch.tensor([0.0, -0.0, 1e30, -1e30])]).to(dtype).requires_grad_()
    slope = torch.randn(4005).to(dtype)
    torch.manual_seed(2)
    y = activate(x, kind, share)  # type: ignore[arg-type]
    (found,) = torch.autograd.grad(y, x, slope)
    wide = x.detach().double().requires_grad_()
    torch.manual_seed(2)
    exact = (functional.gelu(wide) if kind == "gelu" else wide.relu()) * (drawn(share).like(wide) if share else 1.0)
    (expected,) = torch.autograd.grad(exact, wide, slope.double())
    close = 2e-6 if dtype == torch.float32 else 1e-2
    torch.testing.assert_close(y.double(), exact, rtol=close, atol=close)
    torch.testing.assert_close(found.double(), expected, rtol=close, atol=close)


def test_what_is_not_a_number_stays_so(native_level: Library) -> None:
    x = torch.full((512,), torch.nan)
    for y in (dropout(x, 0.5), add_dropped(x, x, 0.5), activate(x, "relu", 0.5), activate(x, "gelu", 0.5)):
        assert y.isnan().all()
        assert y.to(torch.bfloat16).isnan().all()
    assert dropout(x.bfloat16(), 0.5).isnan().all()


def test_autocast_adds_halves_to_floats(native_library: Library) -> None:
    x, y = torch.randn(6, 50, requires_grad=True), torch.randn(6, 50, dtype=torch.bfloat16, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        out = add_dropped(x, y, 0.2)
    assert out.dtype == torch.float32
    out.backward(torch.ones_like(out))
    assert x.grad is not None and y.grad is not None
    assert y.grad.dtype == torch.bfloat16 and torch.equal(x.grad, torch.ones_like(x))
    assert torch.equal(y.grad == 0, out == x)


def test_transforms_keep_torchs_own() -> None:
    rows = torch.func.vmap(lambda row: dropout(row, 0.5), randomness="different")(torch.ones(50, 40))
    assert len({tuple(row.tolist()) for row in rows}) > 1
