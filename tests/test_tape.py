"""Tape, Patch and probe: what is filed where, in which axes, with which gradient, and what is bypassed for it."""

import re

import pytest
import torch
from torch import Tensor, nn

from seqloom import tape as tapes
from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.encoders import build_encoder
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.layers.attention import SelfAttention
from seqloom.ops import attend as attending
from seqloom.ops.unroll import scannable, unroll
from seqloom.tape import Patch, Tape, asked, probe

LENGTHS = (4, 2, 0, 3)


def encoder(kind: str = "lstm", **options: object) -> RecurrentEncoder:
    torch.manual_seed(0)
    built = build_encoder({"kind": kind, "size": 3, **options}, 2).double()
    assert isinstance(built, RecurrentEncoder)
    return built


def data(lengths: tuple[int, ...] = LENGTHS, seed: int = 1) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(len(lengths), max(lengths), 2, generator=g, dtype=torch.float64)
    return x, torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


class Doubler(nn.Module):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return probe("whole", 2 * x, time=1, mask=mask)


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = Doubler(), Doubler()

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return probe("sum", self.left(x, mask) + self.right(x, mask), time=1, mask=mask)


def test_a_path_is_the_modules_path_and_the_probes_name() -> None:
    model = Pair()
    with Tape(model) as tape:
        model(torch.ones(1, 2, 3))
    assert list(tape) == ["left.whole", "right.whole", "sum"] and len(tape) == 3
    assert "sum" in tape and "nothing" not in tape
    assert torch.equal(tape["sum"], torch.full((1, 2, 3), 4.0))


@pytest.mark.parametrize(
    ("only", "paths"),
    [
        ("*", ["left.whole", "right.whole", "sum"]),
        ("*.whole", ["left.whole", "right.whole"]),
        ("left.*", ["left.whole"]),
        (("sum", "right.*"), ["right.whole", "sum"]),
        ("left", []),
        ((), []),
    ],
)
def test_patterns_choose(only: str | tuple[str, ...], paths: list[str]) -> None:
    model = Pair()
    with Tape(model, only) as tape:
        model(torch.ones(1, 2, 3))
    assert list(tape) == paths


def test_a_probe_returns_its_input_when_nobody_watches() -> None:
    value = torch.ones(2)
    assert probe("x", value) is value
    with Tape(nn.Identity()):
        assert probe("x", value) is value, "and outside the watched model"


def test_what_is_recorded_is_what_was_computed_step_by_step() -> None:
    model = encoder()
    x, mask = data()
    with Tape(model) as tape:
        model(x, mask)
    cell = model.stack.cell(0, "forwards")
    for row, length in enumerate(LENGTHS):
        state = cell.start(1, x)
        for t in range(length):
            _, state = cell(x[row : row + 1, t], state)
            for name in ("h", "c"):
                torch.testing.assert_close(tape[f"stack.cells.0.forwards.{name}"][row, t], state[name][0])
    for name in cell.probes:
        assert not tape[f"stack.cells.0.forwards.{name}"][~mask].any(), f"{name} is zero on padding"


def test_a_backward_direction_is_turned_back() -> None:
    """Read backwards, step t follows step t + 1: the record is in the order of the input, by each row's length."""
    model = encoder("gru", bidirectional=True)
    x, mask = data()
    with Tape(model, "*.backwards.*", grad=True) as tape:
        memory, _ = model(x, mask)
        memory.outputs.square().sum().backward()
    h = tape["stack.cells.0.backwards.h"]
    torch.testing.assert_close(h, memory.outputs[..., 3:].detach())
    assert h.grad is not None
    cell = model.stack.cell(0, "backwards")
    row = x[3, :3].flip(0)
    states = [torch.zeros(1, 3, dtype=torch.float64)]
    for x_t in row:
        states.append(cell(x_t[None], {"h": states[-1]})[0])
        states[-1].retain_grad()
    torch.stack(states[1:]).square().sum().backward()
    wanted = torch.stack([state.grad[0] for state in reversed(states[1:]) if state.grad is not None])
    torch.testing.assert_close(h.grad[3, :3], wanted)
    assert not h.grad[~mask].any()


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru", "mgu", "mingru", "minlstm"])
def test_the_gradient_is_that_of_autograd(kind: str) -> None:
    """dL/dh_t of the loop: computed here by hand, cutting the chain at each h_t in turn."""
    model = encoder(kind)
    cell = model.stack.cell(0, "forwards")
    x, _ = data((5, 5))
    with Tape(model, "*.h", grad=True) as tape:
        memory, _ = model(x, torch.ones(2, 5, dtype=torch.bool))
        memory.outputs.pow(3).sum().backward()
    got = tape["stack.cells.0.forwards.h"].grad
    assert got is not None
    for t in range(5):
        _, before = unroll(cell, x[:, : t + 1], None, cell.start(2, x))
        cut = {name: value.detach().requires_grad_(name == "h") for name, value in before.items()}
        loss = cut["h"].pow(3).sum()
        if t < 4:
            loss = loss + unroll(cell, x[:, t + 1 :], None, cut)[0].pow(3).sum()
        (wanted,) = torch.autograd.grad(loss, cut["h"])
        torch.testing.assert_close(got[:, t], wanted, atol=1e-12, rtol=1e-12)


def test_without_grad_nothing_of_the_graph_is_held() -> None:
    model = encoder()
    with Tape(model) as tape:
        memory, _ = model(*data())
        memory.summary.sum().backward()
    path = "stack.cells.0.forwards.h"
    assert tape[path].grad is None and not tape[path].requires_grad
    assert not any(piece.value.requires_grad for piece in tape._pieces[path])


def test_before_backward_the_gradient_is_zero() -> None:
    model = encoder()
    with Tape(model, grad=True) as tape, torch.no_grad():
        model(*data())
    grad = tape["stack.cells.0.forwards.h"].grad
    assert grad is not None and not grad.any()


def test_several_calls_continue_along_time() -> None:
    model = encoder()
    x, mask = data((6, 6))
    with Tape(model) as whole:
        model(x, mask)
    with Tape(model) as pieces:
        state = None
        for start, end in ((0, 1), (1, 4), (4, 6)):
            _, state = model(x[:, start:end], mask[:, start:end], state)
    assert list(pieces) == list(whole)
    for name, value in whole.items():
        torch.testing.assert_close(pieces[name], value)


def test_several_backward_calls_are_turned_each_by_itself() -> None:
    model = encoder(bidirectional=True)
    x, mask = data()
    with Tape(model, "*.backwards.h") as tape:
        first, _ = model(x, mask)
        second, _ = model(2 * x, mask)
    wanted = torch.cat([first.outputs[..., 3:], second.outputs[..., 3:]], 1).detach()
    torch.testing.assert_close(tape["stack.cells.0.backwards.h"], wanted)


def test_steps_without_a_loop_are_joined_in_their_order() -> None:
    cell = GRU(2, 3)
    state = {"h": torch.zeros(1, 3)}
    answers = []
    with Tape(cell) as tape:
        for _ in range(4):
            y, state = cell(torch.ones(1, 2), state)
            answers.append(y)
    assert torch.equal(tape["h"], torch.stack(answers, 1))


def test_weights_over_a_growing_source_are_widened() -> None:
    attention = SelfAttention(4, 2, 0.0, False)
    with Tape(attention, "weights") as tape:
        _, cache = attention(torch.ones(1, 3, 4), None, torch.arange(3)[None], True)
        attention(torch.ones(1, 1, 4), None, torch.tensor([[3]]), True, cache)
    weights = tape["weights"]
    assert weights.shape == (1, 2, 4, 4)
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 2, 4))
    assert not weights[:, :, :3, 3:].any() and (weights[:, :, 3, :4] > 0).all()


def test_a_change_of_rows_is_refused_until_the_tape_is_cleared() -> None:
    model = encoder()
    with Tape(model) as tape:
        model(*data())
        model(*data((2,)))
        with pytest.raises(ValueError, match=r"one Tape, one run: .* call tape\.clear\(\) between runs"):
            tape["stack.cells.0.forwards.h"]
        tape.clear()
        assert len(tape) == 0
        model(*data((2,)))
    assert tape["stack.cells.0.forwards.h"].shape == (1, 2, 3)


def test_a_path_that_was_not_recorded_is_told_with_those_that_were() -> None:
    model = Pair()
    with Tape(model, "*.whole") as tape:
        with pytest.raises(KeyError, match="nothing was recorded at 'sum'; recorded: nothing"):
            tape["sum"]
        model(torch.ones(1, 2, 3))
    with pytest.raises(KeyError, match=re.escape("recorded: left.whole, right.whole")):
        tape["sum"]


def test_a_tape_reads_after_its_block_and_hears_nothing_more() -> None:
    model = Pair()
    with Tape(model) as tape:
        model(torch.ones(1, 2, 3))
    model(torch.ones(1, 5, 3))
    assert tape["sum"].shape == (1, 2, 3)


def test_two_tapes_hear_the_same() -> None:
    model = encoder()
    with Tape(model, "*.f") as outer, Tape(model) as inner:
        model(*data())
    assert torch.equal(outer["stack.cells.0.forwards.f"], inner["stack.cells.0.forwards.f"])
    assert set(outer) < set(inner)


def test_a_tape_of_a_part_files_by_the_part() -> None:
    model = encoder()
    with Tape(model.stack.cell(0, "forwards")) as tape:
        model(*data())
    assert list(tape) == ["i", "f", "o", "g", "c", "h"]
    assert tape["h"].shape == (4, 4, 3)


@pytest.mark.parametrize("kind", ["lstm", "gru", "minlstm"])
def test_only_what_is_asked_for_is_opened(kind: str) -> None:
    """A Tape on the top layer leaves the fast scan of the bottom one alone."""
    model = encoder(kind, layers=2)
    below, above = (model.stack.cell(layer, "forwards") for layer in (0, 1))
    assert scannable(below) and scannable(above)
    with Tape(model, "stack.cells.1.*"):
        assert scannable(below) and not scannable(above)
        assert not asked(below, *below.probes)
    with Tape(model, "*.no such probe"):
        assert scannable(below) and scannable(above)
    with Patch(model, {"stack.cells.0.*.h": lambda h: h}):
        assert not scannable(below) and scannable(above)
    with Tape(encoder(kind)):
        assert scannable(below), "the Tape is of another model"


def test_fused_attention_is_opened_only_for_its_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_encoder({"kind": "transformer", "size": 4, "layers": 1, "heads": 2, "dropout": 0.0}, 4)
    fused = []
    monkeypatch.setattr("seqloom.layers.attention.attend", lambda *given: fused.append(1) or attending.attend(*given))
    x, mask = torch.ones(1, 3, 4), torch.ones(1, 3, dtype=torch.bool)
    model(x, mask)
    assert len(fused) == 1
    with Tape(model, "*.other"):
        model(x, mask)
    assert len(fused) == 2
    with Tape(model, "*.weights"):
        model(x, mask)
    assert len(fused) == 2


def test_a_patch_forces_gates() -> None:
    """LSTM with f = 1 and i = 0 keeps c for ever, whatever is read."""
    model = encoder()
    x, mask = data((6, 6))
    c = torch.randn(2, 3, dtype=torch.float64)
    state = {"0": {"forwards": {"h": torch.zeros(2, 3, dtype=torch.float64), "c": c}}}
    with Patch(model, {"*.f": torch.ones_like, "*.i": torch.zeros_like}):
        _, after = model(x, mask, state)
    assert torch.equal(after["0"]["forwards"]["c"], c)
    _, free = model(x, mask, state)
    assert not torch.equal(free["0"]["forwards"]["c"], c)


def test_a_patch_reaches_the_whole_past() -> None:
    """GRU with z = 0 forgets all but the last step."""
    model = encoder("gru")
    x, mask = data((6, 6))
    with Patch(model, {"*.z": torch.zeros_like, "*.r": torch.zeros_like}):
        long, _ = model(x, mask)
        short, _ = model(x[:, 5:], mask[:, 5:])
    torch.testing.assert_close(long.summary, short.summary)


@pytest.mark.parametrize("patch_first", [True, False])
def test_a_tape_sees_what_a_patch_made(patch_first: bool) -> None:
    model = Pair()
    patch, tape = Patch(model, {"left.whole": lambda value: value + 1}), Tape(model)
    first, second = (patch, tape) if patch_first else (tape, patch)
    with first, second:
        out = model(torch.ones(1, 2, 3))
    assert torch.equal(out, torch.full((1, 2, 3), 5.0))
    assert torch.equal(tape["left.whole"], torch.full((1, 2, 3), 3.0))
    assert torch.equal(tape["right.whole"], torch.full((1, 2, 3), 2.0))
    assert torch.equal(model(torch.ones(1, 2, 3)), torch.full((1, 2, 3), 4.0)), "the Patch has gone"


def test_changes_of_one_patch_follow_each_other() -> None:
    model = Pair()
    with Patch(model, {"left.*": lambda value: value + 1, "*.whole": lambda value: value * 10}):
        out = model(torch.ones(1, 1, 1))
    assert out.item() == 30 + 20


def test_a_patch_of_another_shape_is_refused() -> None:
    model = Pair()
    with (
        Patch(model, {"sum": lambda value: value[:1]}),
        pytest.raises(ValueError, match=re.escape("a Patch of sum made (1, 2, 3) of (4, 2, 3)")),
    ):
        model(torch.ones(4, 2, 3))


def test_gradients_flow_through_what_a_patch_made() -> None:
    model = Pair()
    x = torch.ones(1, 1, 1, requires_grad=True)
    with Patch(model, {"left.whole": lambda value: value * 5}), Tape(model, grad=True) as tape:
        model(x).sum().backward()
    assert x.grad is not None and x.grad.item() == 12
    grad = tape["left.whole"].grad
    assert grad is not None and grad.item() == 1


def test_padding_of_a_whole_sequence_is_zero() -> None:
    model = Pair()
    x, mask = data()
    with Tape(model) as tape:
        model(x, mask)
    assert not tape["sum"][~mask].any() and torch.equal(tape["sum"][mask], 4 * x[mask])


def test_watchers_are_gone_after_the_block() -> None:
    model = LSTM(2, 3)
    with Tape(model), Patch(model, {"f": lambda f: f}):
        assert len(tapes._watchers.get()) == 2
        assert tapes._watchers.get()[0].writes, "a Patch comes before every Tape"
    assert tapes._watchers.get() == ()
    assert not model._forward_hooks and not model._forward_pre_hooks
