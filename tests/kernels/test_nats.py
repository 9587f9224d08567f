"""The output layer and its loss in pieces beside all logits at once: nats and gradients, smoothing, places left out."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqloom.batch import Field
from seqloom.heads.tokens import TokensHead
from seqloom.kernels import nats as subject
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE

SHAPES = [(1, 1, 1), (5, 3, 7), (37, 20, 1003), (50, 16, 4099), (3, 8, 9000)]
"""rows, size, ids"""


def made(rows: int, size: int, ids: int) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """What is read, weights and bias, and wanted ids, every third of which is left out."""
    given = (torch.randn(rows, size), torch.randn(ids, size), torch.randn(ids))
    for one in given:
        one.requires_grad_()
    wanted = torch.randint(0, ids, (rows,))
    wanted[2::3] = subject.IGNORED
    return given, wanted


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("held", [1, 5000, 1 << 22])
@pytest.mark.parametrize("threads", [1, 2])
def test_pieces_add_up(
    native_level: Library,
    monkeypatch: pytest.MonkeyPatch,
    shape: tuple[int, int, int],
    smoothing: float,
    held: int,
    threads: int,
) -> None:
    monkeypatch.setattr(subject, "HELD", held)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    given, wanted = made(*shape)
    total = subject.nats(*given, wanted, smoothing)
    found = torch.autograd.grad(total * 0.5, given)
    wide = [one.detach().double().requires_grad_() for one in given]
    exact = loss(wide, wanted, smoothing)
    torch.testing.assert_close(total.double(), exact, rtol=2e-6, atol=1e-5)
    for mine, plain in zip(found, torch.autograd.grad(exact * 0.5, wide), strict=True):
        torch.testing.assert_close(mine.double(), plain, rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        assert torch.equal(subject.nats(*given, wanted, smoothing), total)


def loss(given: Sequence[Tensor], wanted: Tensor, smoothing: float) -> Tensor:
    """The same by torch, all logits at once."""
    logits = given[0] @ given[1].t() + given[2]
    return cross_entropy(logits, wanted, reduction="sum", ignore_index=subject.IGNORED, label_smoothing=smoothing)


def test_only_what_learns_has_a_gradient(native_library: Library) -> None:
    given, wanted = made(37, 20, 1003)
    given[1].requires_grad_(False)
    x, bias = torch.autograd.grad(subject.nats(*given, wanted, 0.0), [given[0], given[2]])
    expected = torch.autograd.grad(loss(given, wanted, 0.0), [given[0], given[2]])
    torch.testing.assert_close((x, bias), expected, rtol=1e-5, atol=1e-5)


def test_halves_stay_near(native_level: Library) -> None:
    given, wanted = made(60, 32, 3000)
    with torch.autocast("cpu", torch.bfloat16):
        assert subject.usable(*given)
        total = subject.nats(*given, wanted, 0.1)
    found = torch.autograd.grad(total, given)
    exact = loss(given, wanted, 0.1)
    torch.testing.assert_close(total, exact, rtol=3e-3, atol=0)
    for mine, plain in zip(found, torch.autograd.grad(exact, given), strict=True):
        assert mine.dtype == torch.float32
        # halves have 8 bits, and so has every slope before it is summed
        assert float((mine - plain).norm()) < 0.02 * float(plain.norm())


def test_large_logits_and_none_that_is_a_number(native_level: Library) -> None:
    given, wanted = made(5, 4, 300)
    with torch.no_grad():
        given[0].mul_(1e4)
        torch.testing.assert_close(subject.nats(*given, wanted, 0.0), loss(given, wanted, 0.0), rtol=1e-5, atol=0)
        given[0][2] = torch.nan  # which is left out
        assert subject.nats(*given, wanted, 0.0).isfinite()
        given[0][1, 0] = torch.nan
        assert subject.nats(*given, wanted, 0.0).isnan()


def test_an_id_that_there_is_not(native_library: Library) -> None:
    given, wanted = made(5, 4, 300)
    wanted[0] = 300
    with pytest.raises(IndexError, match="id 300 is wanted of 300"):
        subject.nats(*given, wanted, 0.0)


@pytest.mark.parametrize("drop", [0.0, 0.2])
@pytest.mark.parametrize("training", [True, False])
def test_a_head_learns_what_its_loss_says(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, drop: float, training: bool
) -> None:
    head = TokensHead(16, 5000, None, dropout=drop, smoothing=0.1).train(training)
    hidden = torch.randn(4, 9, 16, requires_grad=True)
    target = Field(torch.randint(0, 5000, (4, 9)), torch.arange(9) < torch.tensor([[9], [3], [0], [5]]))
    answers = []
    for word in ("on", "off"):
        monkeypatch.setenv(VARIABLE, word)
        assert subject.usable(hidden.flatten(0, 1), head.weight, head.bias) == (word == "on")
        torch.manual_seed(0)
        total, count = head.learn(hidden, None, None, target.mask, target)
        answers.append((total.detach(), count, *torch.autograd.grad(total, [hidden, head.weight, head.bias])))
    torch.testing.assert_close(*answers, rtol=1e-5, atol=1e-5)
