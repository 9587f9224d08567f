"""All steps attending at once, natively, beside the plain form in float64: numbers, gradients, masks, choices."""

from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.bridges import build_bridge
from seqloom.bridges.bridge import Seen
from seqloom.decoders import build_decoder, luong
from seqloom.decoders.recurrent import RecurrentDecoder
from seqloom.kernels.attend import Score, Source
from seqloom.kernels.attend_all import attend_all, plain, usable
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.memory import Memory
from seqloom.ops.recompute import recomputing
from seqloom.tape import Patch, Tape

SHAPES = [(32, 1, 1, 1, 1), (3, 11, 5, 7, 9), (2, 19, 33, 40, 32), (5, 70, 16, 128, 20), (40, 13, 15, 33, 17)]
"""Batch, target, source, and the widths of o and of the memory."""


def drawn(
    batch: int, target: int, source: int, size: int, mixed: int, kind: str, scale: float = 1.0
) -> tuple[dict[str, Tensor | None], Tensor, Tensor]:
    """Return what the function takes, in float64, a ragged mask, and a gradient of o."""
    g = torch.Generator().manual_seed(3)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    width = size if kind == "dot" else 11
    given: dict[str, Tensor | None] = {"h": draw(batch, target, size), "values": draw(batch, source, mixed)}
    given["keys"] = draw(batch, source, width) * scale
    asks = kind != "dot"
    given["asking"] = draw(width, size) * size**-0.5 if asks else None
    given["asking_bias"] = draw(width) * 0.1 if asks else None
    given["v"] = draw(width) if kind == "additive" else None
    given["weight"], given["bias"] = draw(size, mixed + size) * 0.3, draw(size)
    mask = torch.arange(source) < torch.randint(0, source + 1, (batch, 1), generator=g)
    mask[0] = True
    return given, mask, draw(batch, target, size)


def called(given: dict[str, Tensor | None], mask: Tensor, factor: float) -> Tensor:
    """Call the function by its public face."""
    h, values, keys, asking, asking_bias, v, weight, bias = given.values()
    assert h is not None and values is not None and keys is not None and weight is not None and bias is not None
    source, score = Source(values, keys, mask), Score(asking, asking_bias, v, factor)
    assert usable(h, source, score, weight)
    return attend_all(h, source, score, weight, bias)


def both(
    given: dict[str, Tensor | None], mask: Tensor, slope: Tensor, factor: float = 0.7, twice: bool = False
) -> None:
    """Compare o and all gradients; `twice`: also those of the square of the gradients."""
    exact = {name: None if one is None else one.clone().requires_grad_() for name, one in given.items()}
    mine = {name: None if one is None else one.detach().float().requires_grad_() for name, one in given.items()}
    wanted, got = plain(factor, mask, *exact.values()), called(mine, mask, factor)  # type: ignore[arg-type]
    near(got, wanted, "o")
    for here, out, way in ((exact, wanted, slope), (mine, got, slope.float())):
        there = [one for one in here.values() if one is not None]
        if not twice:
            out.backward(way)
            continue
        found = torch.autograd.grad(out, there, way, create_graph=True)
        total = torch.stack([one.square().sum() for one in found]).sum()
        total.backward()
    for name, one in mine.items():
        if one is not None:
            assert one.grad is not None and exact[name].grad is not None, name  # type: ignore[union-attr]
            near(one.grad, exact[name].grad, name)  # type: ignore[union-attr, arg-type]


def near(got: Tensor, wanted: Tensor, name: str) -> None:
    """Hold numbers to each other by the size of the largest."""
    got, wanted = got.detach(), wanted.detach()
    slack = 2e-5 * max(1.0, float(wanted.abs().max()))
    torch.testing.assert_close(got.double(), wanted, rtol=2e-4, atol=slack, msg=lambda text: f"{name}: {text}")


@pytest.mark.parametrize("kind", ["additive", "asked", "dot"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_the_formula(native_level: Library, shape: tuple[int, ...], kind: str) -> None:
    both(*drawn(*shape, kind))


@pytest.mark.parametrize("kind", ["additive", "asked", "dot"])
def test_gradients_can_be_differentiated(native_library: Library, kind: str) -> None:
    both(*drawn(4, 9, 5, 6, 7, kind), twice=True)


@pytest.mark.parametrize("scale", [9.0, 60.0, 1e4])
def test_keys_far_from_zero_are_compared_by_tanh_itself(native_library: Library, scale: float) -> None:
    both(*drawn(4, 9, 5, 6, 7, "additive", scale))


def test_tensors_need_not_lie_in_one_piece(native_library: Library) -> None:
    given, mask, slope = drawn(4, 10, 5, 20, 8, "additive")
    apart = {name: one if one is None else torch.stack([one, one], -1)[..., 0] for name, one in given.items()}
    assert not any(one.is_contiguous() for one in apart.values() if one is not None)
    both(apart, mask.T.contiguous().T, slope.transpose(0, 1).contiguous().transpose(0, 1))


@pytest.mark.parametrize("threads", [2, 3])
def test_more_threads_answer_alike(native_library: Library, threads: int) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        for batch in (1, 2, 50):
            both(*drawn(batch, 40, 9, 64, 32, "additive"))
    finally:
        torch.set_num_threads(before)


def test_a_nan_is_seen_where_it_is_shown_and_not_elsewhere(native_library: Library) -> None:
    given, mask, _ = drawn(2, 20, 4, 6, 5, "additive")
    mask[:] = torch.tensor([[True, True, True, False], [True, True, True, True]])
    single = {name: None if one is None else one.float() for name, one in given.items()}
    assert single["keys"] is not None
    single["keys"][0, 3, 2] = float("nan")
    assert torch.isfinite(called(single, mask, 1.0)).all()
    single["keys"][1, 3, 2] = float("nan")
    found = called(single, mask, 1.0)
    assert torch.isfinite(found[0]).all()
    assert found[1].isnan().all()


def test_what_it_does_not_know_is_left_to_the_plain_form(
    native_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, mask, _ = drawn(8, 9, 5, 6, 7, "additive")
    h, values, keys, asking, its_bias, v, weight, _ = (None if one is None else one.float() for one in given.values())
    assert h is not None and values is not None and keys is not None and weight is not None and asking is not None
    source, score = Source(values, keys, mask), Score(asking, its_bias, v)
    assert usable(h, source, score, weight)
    assert not usable(h[:, :3], source, score, weight), "a few steps"
    assert not usable(h.double(), source, score, weight)
    assert not usable(h[:7], source, score, weight)
    assert not usable(h, Source(values[:, :0], keys[:, :0], mask[:, :0]), score, weight)
    assert not usable(h, Source(values, keys, mask[:, :4]), score, weight)
    assert not usable(h, Source(values, keys[..., :10], mask), score, weight)
    assert not usable(h, source, score, weight[:, :12])
    with torch.autocast("cpu", torch.bfloat16):
        assert not usable(h, source, score, weight)
    monkeypatch.setenv(VARIABLE, "off")
    assert not usable(h, source, score, weight)


READERS: list[dict[str, Any]] = [
    {"score": "additive", "size": 9}, {"score": "concat", "size": 8}, {"score": "dot"}, {"score": "general"},
    {"score": "scaled_dot", "size": 5},
]  # fmt: skip


def decoder_of(score: dict[str, Any], **part: Any) -> tuple[RecurrentDecoder, Tensor, Tensor, Memory]:
    """Return a decoder, its words and their mask, and a Memory with a row of which nothing is seen."""
    torch.manual_seed(2)
    bridge = build_bridge({"kind": "attention", **score}, Seen(12, 4))
    made = build_decoder({"kind": "gru", "size": 12, "wiring": "luong", "feed": False, **part}, 5, bridge)
    assert isinstance(made, RecurrentDecoder)
    shown = torch.arange(7) < torch.tensor([7, 3, 0, 5])[:, None]
    mask = torch.arange(9) < torch.tensor([9, 9, 2, 0])[:, None]
    memory = Memory(torch.randn(4, 7, 12, requires_grad=True), shown, torch.zeros(4, 4))
    return made.train(), torch.randn(4, 9, 5, requires_grad=True), mask, memory


def trained(made: RecurrentDecoder, x: Tensor, mask: Tensor, memory: Memory) -> dict[str, Tensor]:
    """Return the hidden vectors and the gradient of everything."""
    for one in (*made.parameters(), x, memory.outputs):
        one.grad = None
    hidden, _ = made(x, mask, None, memory)
    hidden.backward(torch.linspace(-1, 1, hidden.numel()).view_as(hidden))
    named = {"x": x, "memory": memory.outputs, **dict(made.named_parameters())}
    return {"hidden": hidden, **{name: one.grad for name, one in named.items() if one.grad is not None}}


@pytest.mark.parametrize("score", READERS, ids=lambda score: score["score"])
@pytest.mark.parametrize("checkpointed", [False, True])
def test_decoders_take_it_and_answer_alike(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, score: dict[str, Any], checkpointed: bool
) -> None:
    case, taken = decoder_of(score), []
    monkeypatch.setattr(luong, "attend_all", lambda *given: (taken.append(1), attend_all(*given))[1])
    with recomputing(checkpointed):
        got = trained(*case)
    assert taken
    before = len(taken)
    monkeypatch.setenv(VARIABLE, "off")
    wanted = trained(*case)
    assert len(taken) == before
    assert got.keys() == wanted.keys()
    for name, value in wanted.items():
        near(got[name], value.double(), name)


def test_weights_that_are_dropped_watched_or_changed_are_made_in_the_open(
    native_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(luong, "attend_all", None)
    made, *rest = decoder_of({"score": "additive", "size": 9, "dropout": 0.5})
    made(*rest[:2], None, rest[2])
    made, *rest = decoder_of({"score": "additive", "size": 9})
    assert made.wiring is not None
    with Tape(made.wiring.reader) as tape:
        made(*rest[:2], None, rest[2])
    assert "weights" in tape
    with Patch(made.wiring.reader, {"weights": torch.zeros_like}):
        made(*rest[:2], None, rest[2])
