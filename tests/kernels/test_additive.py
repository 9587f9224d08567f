"""Weights of the additive scores, native, beside the plain form in float64: numbers, gradients, masks, edges."""

from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.bridges import additive, attention, build_bridge
from seqloom.bridges.bridge import Seen
from seqloom.kernels.additive import additive_weights, usable
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.memory import Memory
from seqloom.tape import Patch, Tape


def plain(queries: Tensor, keys: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """The formula, with weights of zero where there is nothing to see."""
    scores = (queries.unsqueeze(2) + keys.unsqueeze(1)).tanh() @ v
    hidden = ~mask.unsqueeze(1)
    return scores.masked_fill(hidden, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(hidden, 0)


def drawn(batch: int, target: int, source: int, size: int) -> tuple[list[Tensor], Tensor, Tensor]:
    """Return queries, keys and v in float64, a ragged mask, and a gradient of the weights."""
    g = torch.Generator().manual_seed(3)
    shapes = [(batch, target, size), (batch, source, size), (size,)]
    tensors = [torch.randn(shape, generator=g, dtype=torch.float64) for shape in shapes]
    mask = torch.arange(source) < torch.randint(0, source + 1, (batch, 1), generator=g)
    mask[0] = True
    return tensors, mask, torch.randn(batch, target, source, generator=g, dtype=torch.float64)


def both(tensors: list[Tensor], mask: Tensor, slope: Tensor) -> None:
    """Compare weights and all gradients."""
    exact = [tensor.clone().requires_grad_() for tensor in tensors]
    wanted = plain(*exact, mask)
    wanted.backward(slope)
    given = [tensor.detach().float().requires_grad_() for tensor in tensors]
    assert usable(*given)
    got = additive_weights(*given, mask)
    got.backward(slope.float())
    assert torch.equal(got[~mask.unsqueeze(1).expand_as(got)], torch.zeros(int((~mask).sum()) * got.shape[1]))
    torch.testing.assert_close(got.double(), wanted, rtol=1e-5, atol=1e-6)
    for mine, theirs in zip(given, exact, strict=True):
        assert mine.grad is not None and theirs.grad is not None
        near = 1e-5 * max(1.0, float(theirs.grad.abs().max()))
        torch.testing.assert_close(mine.grad.double(), theirs.grad, rtol=1e-4, atol=near)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 1, 5, 7), (2, 9, 33, 40), (5, 6, 16, 128), (4, 3, 70, 19)])
def test_it_is_the_formula(native_level: Library, shape: tuple[int, int, int, int]) -> None:
    both(*drawn(*shape))


def test_tensors_need_not_lie_in_one_piece(native_library: Library) -> None:
    (queries, keys, v), mask, slope = drawn(4, 6, 5, 20)
    apart = [queries.mT.contiguous().mT, keys.transpose(0, 1).contiguous().transpose(0, 1), v]
    both(apart, mask.T.contiguous().T, slope.transpose(0, 1).contiguous().transpose(0, 1))


def test_two_threads_give_the_same_bits_as_one(native_library: Library) -> None:
    tensors, mask, slope = drawn(16, 30, 40, 32)
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            given = [tensor.float().requires_grad_() for tensor in tensors]
            weights = additive_weights(*given, mask)
            weights.backward(slope.float())
            found.append([weights, *(tensor.grad for tensor in given)])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, two) for one, two in zip(*found, strict=True) if one is not None and two is not None)


def test_large_scores_do_not_overflow_and_nan_is_seen(native_library: Library) -> None:
    queries, keys = torch.zeros(1, 1, 4), torch.zeros(1, 3, 4)
    keys[0, 1] = 20
    weights = additive_weights(queries, keys, torch.full((4,), 1e4), torch.ones(1, 3, dtype=torch.bool))
    assert weights.tolist() == [[[0.0, 1.0, 0.0]]]
    keys[0, 2, 1] = float("nan")
    everything = torch.ones(1, 3, dtype=torch.bool)
    assert additive_weights(queries, keys, torch.ones(4), everything).isnan().all()
    weights = additive_weights(queries, keys, torch.ones(4), torch.tensor([[True, True, False]]))
    assert torch.isfinite(weights).all()


def test_what_it_does_not_know_is_left_to_the_plain_form(
    native_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    (queries, keys, v), *_ = drawn(2, 3, 4, 5)
    assert not usable(queries, keys, v)
    single = queries.float(), keys.float(), v.float()
    assert usable(*single)
    assert not usable(queries.bfloat16(), keys.float(), v.float())
    assert not usable(single[0][:0], single[1][:0], single[2])
    assert not usable(single[0], single[1][:, :0], single[2])
    monkeypatch.setenv(VARIABLE, "off")
    assert not usable(*single)


SCORES: list[dict[str, Any]] = [{"score": "additive"}, {"score": "concat"}]


def read(score: dict[str, Any]) -> tuple[Any, Tensor, Memory]:
    """Return a reader, queries, and a Memory with a row of which nothing is seen."""
    torch.manual_seed(2)
    reader = build_bridge({"kind": "attention", "size": 9, **score}, Seen(6, 4)).reader(5)
    mask = torch.arange(7) < torch.tensor([7, 3, 0])[:, None]
    return reader, torch.randn(3, 4, 5), Memory(torch.randn(3, 7, 6), mask, torch.zeros(3, 4))


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score["score"])
def test_readers_take_it_and_answer_alike(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, score: dict[str, Any]
) -> None:
    reader, queries, memory = read(score)
    taken: list[Tensor] = []
    monkeypatch.setattr(
        attention, "additive_weights", lambda *given: (taken.append(given[0]), additive_weights(*given))[1]
    )
    got, _ = reader(queries, reader.prepare(memory), memory, {})
    assert len(taken) == 1
    monkeypatch.setenv(VARIABLE, "off")
    wanted, _ = reader(queries, reader.prepare(memory), memory, {})
    assert len(taken) == 1
    torch.testing.assert_close(got, wanted)
    assert torch.equal(got[2], torch.zeros(4, 6))


def test_coverage_is_computed_in_the_open(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, queries, memory = read({"score": "additive", "coverage": True})
    assert isinstance(reader, additive.Additive)
    monkeypatch.setattr(attention, "additive_weights", None)
    reader(queries[:, :1], reader.prepare(memory), memory, reader.start(memory))


def test_weights_can_be_watched_and_changed(native_library: Library) -> None:
    reader, queries, memory = read(SCORES[0])
    with Tape(reader) as tape:
        context, _ = reader(queries, reader.prepare(memory), memory, {})
    torch.testing.assert_close(tape["weights"].squeeze(1) @ memory.outputs, context)
    with Patch(reader, {"weights": torch.zeros_like}):
        assert not reader(queries, reader.prepare(memory), memory, {})[0].any()
