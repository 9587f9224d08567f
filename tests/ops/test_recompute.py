"""What is computed again in the backward pass gives the same numbers, dropout included, and is not kept."""

import gc
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seqloom.cells.cell import Cell
from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.mgu import MGU
from seqloom.cells.mingru import MinGRU
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.encoders.transformer import TransformerEncoder
from seqloom.ops import recompute as module
from seqloom.ops.recompute import SHORTEST, active, recomputed, recomputing, weighing
from seqloom.tape import Tape

Make = Callable[[], torch.nn.Module]


def recurrent(cell: Callable[[int, int], Cell], **options: object) -> Make:
    return lambda: RecurrentEncoder(8, cell, size=16, layers=2, dropout=0.3, **options)  # type: ignore[arg-type]


ENCODERS: dict[str, Make] = {
    "gru": recurrent(GRU),
    "lstm, both directions": recurrent(LSTM, bidirectional=True),
    "mingru, backwards": recurrent(MinGRU, reverse=True),
    "mgu, in steps": recurrent(MGU),
    "gru with recurrent dropout": recurrent(GRU, recurrent_dropout=0.3, dropping="sequence"),
    "transformer": lambda: TransformerEncoder(8, size=16, layers=3, dropout=0.3),
}
LENGTHS = [0, 1, 70, 33, SHORTEST, SHORTEST + 1]
TIME = 70
"""More steps than two pieces have, and no multiple of a piece."""


def run(encoder: torch.nn.Module, again: bool, lengths: list[int], kept: list[int]) -> list[Tensor]:
    """Return the outputs, the loss and all gradients, in training with one noise; `kept` takes the bytes kept."""
    torch.manual_seed(5)
    x = torch.randn(len(lengths), TIME, 8).requires_grad_()
    mask = torch.arange(TIME) < torch.tensor(lengths)[:, None]

    def note(tensor: Tensor) -> Tensor:
        kept.append(tensor.nbytes)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor), recomputing(again):
        memory, _ = encoder(x, mask)
        loss = memory.outputs.square().sum() + memory.summary.sum()
    noise = torch.get_rng_state()
    slopes = torch.autograd.grad(loss, [x, *encoder.parameters()])
    assert torch.equal(torch.get_rng_state(), noise), "the backward pass leaves the random numbers as they were"
    return [memory.outputs, loss, *slopes]


@pytest.mark.parametrize("make", ENCODERS.values(), ids=ENCODERS)
@pytest.mark.parametrize("lengths", [LENGTHS, [TIME] * 3], ids=["padded", "full"])
def test_the_numbers_are_the_same(make: Make, lengths: list[int]) -> None:
    torch.manual_seed(0)
    encoder = make().train()
    plain, again = (run(encoder, on, lengths, []) for on in (False, True))
    for one, other in zip(again, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_transformer_is_the_same_to_the_last_bit() -> None:
    encoder = ENCODERS["transformer"]().train()
    plain, again = (run(encoder, on, LENGTHS, []) for on in (False, True))
    assert all(torch.equal(one, other) for one, other in zip(again, plain, strict=True))


@pytest.mark.parametrize("make", ENCODERS.values(), ids=ENCODERS)
def test_less_is_kept(make: Make) -> None:
    encoder, plain, again = make().train(), list[int](), list[int]()
    run(encoder, False, [TIME] * 3, plain)
    run(encoder, True, [TIME] * 3, again)
    assert sum(again) < 0.75 * sum(plain)


def test_it_is_off_without_gradients_under_a_tape_and_inside_a_part() -> None:
    assert not active()
    with recomputing(True):
        assert active()
        with torch.no_grad():
            assert not active()
        with Tape(torch.nn.Linear(1, 1)):
            assert not active()
        x = torch.ones(2, requires_grad=True)
        assert recomputed(lambda x: not active(), x)
        with recomputing(False):
            assert not active()


def test_a_part_runs_twice_and_only_where_it_is_asked_for() -> None:
    calls = []

    def square(x: Tensor) -> Tensor:
        calls.append(1)
        return x.square()

    x = torch.ones(3, requires_grad=True)
    recomputed(square, x).sum().backward()
    assert len(calls) == 1
    with recomputing(True):
        recomputed(square, x).sum().backward()
    assert len(calls) == 3 and x.grad is not None and x.grad.tolist() == [4.0] * 3


def test_parts_are_weighed_one_by_one() -> None:
    """Of two parts, what each is computed again from, and what the larger holds of its own meanwhile."""
    weight, x, y = (torch.ones(size, requires_grad=True) for size in (5, 10, 1000))

    def two(x: Tensor, state: dict[str, Tensor]) -> Tensor:
        return (x.exp().exp() + state["h"]).sum() * weight.sum()

    with recomputing(True), weighing({weight.untyped_storage().data_ptr()}) as weights:
        recomputed(two, x, {"h": x.detach()})
        recomputed(two, y, {"h": y.detach()})
    assert {one.numel() for one in weights.given.values()} == {10, 1000}
    assert weights.largest == 4 * (2 * 1000 + 2)  # two exponentials, and the two factors of a product


def test_a_long_scan_is_cut_into_eight() -> None:
    cut = []

    def scan(x: Tensor, mask: Tensor | None, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        cut.append(x.shape[1])
        return x * 2, state

    for time in (1, 70, 256, 1000):
        with recomputing(True), torch.no_grad(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "active", lambda: True)
            patch.setattr(module, "recomputed", lambda part, *given: part(*given))
            module.in_pieces(scan, torch.zeros(1, time, 2), None, {})
    assert cut == [1, *[16] * 4, 6, *[32] * 8, *[125] * 8]


def test_nothing_is_held_once_it_is_weighed() -> None:
    layer, x = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 5)), torch.rand(2, 3)

    def alive() -> int:
        gc.collect()
        return sum(type(one) is Tensor for one in gc.get_objects())

    before = alive()
    with weighing() as weights, recomputing(True):
        assert recomputed(layer, x.requires_grad_()).shape == (2, 5)
    assert weights.largest > 0
    del weights
    assert alive() == before
