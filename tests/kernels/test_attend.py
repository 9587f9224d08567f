"""Decoders that attend, run as one native loop, beside their step loop in float64: numbers, States, all gradients."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom import state as states
from seqloom.bridges import build_bridge
from seqloom.bridges.bridge import Seen
from seqloom.decoders import build_decoder, fused
from seqloom.decoders.recurrent import RecurrentDecoder
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.memory import Memory
from seqloom.ops.recompute import recomputing
from seqloom.tape import Tape

BEFORE, AFTER, GNMT = {"wiring": "bahdanau"}, {"wiring": "luong"}, {"wiring": "gnmt", "layers": 2}
ADDITIVE = {"score": "additive", "size": 19}


@dataclass
class Problem:
    """A decoder in float64 and what it reads; `target` and `source` are the steps that each row has."""

    decoder: RecurrentDecoder
    x: Tensor
    memory: Tensor
    summary: Tensor
    target: Tensor
    source: Tensor


def problem(
    part: dict[str, Any],
    score: dict[str, Any],
    target: tuple[int, ...] = (7, 2, 0, 6, 1, 3),
    source: tuple[int, ...] = (5, 3, 4, 0, 1, 5),
    size: int = 21,
    memory: int = 18,
) -> Problem:
    """Make one whose sizes fill no vector; every weight and every number is random."""
    g = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    seen = Seen(memory, 4)
    made = build_decoder({"kind": "gru", "size": size, **part}, 5, build_bridge({"kind": "attention", **score}, seen))
    assert isinstance(made, RecurrentDecoder)
    made = made.double().train()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(draw(*weight.shape) * 0.3)
    rows, wide = len(target), max(source)
    return Problem(
        made, draw(rows, max(target), 5), draw(rows, wide, memory), draw(rows, 4), torch.tensor(target),
        torch.tensor(source),
    )  # fmt: skip


def run(case: Problem, dtype: torch.dtype, masked: bool = True) -> dict[str, Tensor]:
    """Run forward and backward; return the hidden vectors, the last State and the gradient of everything."""
    decoder = case.decoder.to(dtype)
    x, outputs, summary = (tensor.detach().to(dtype).requires_grad_() for tensor in (case.x, case.memory, case.summary))
    mask = torch.arange(x.shape[1]) < case.target[:, None] if masked else None
    shown = torch.arange(outputs.shape[1]) < case.source[:, None]
    torch.manual_seed(5)
    hidden, state = decoder(x, mask, None, Memory(outputs, shown, summary))
    g = torch.Generator().manual_seed(2)
    ends = [value for value in states.tensors(state) if value.requires_grad]
    loss = sum((y * torch.randn(y.shape, generator=g, dtype=torch.float64).to(dtype)).sum() for y in [hidden, *ends])
    assert isinstance(loss, Tensor)
    decoder.zero_grad()
    loss.backward()
    found = {"hidden": hidden, **{f"end {place}": value for place, value in enumerate(states.tensors(state))}}
    for name, value in [("x", x), ("memory", outputs), ("summary", summary), *decoder.named_parameters()]:
        assert value.grad is not None, name
        found[f"d {name}"] = value.grad.clone()
    return {name: value.detach().double() for name, value in found.items()}


def hold(case: Problem, monkeypatch: pytest.MonkeyPatch, calls: int = 1, **how: Any) -> None:
    """Compare the native loop, which must be taken so often, with the step loop in float64."""
    taken: list[str] = []
    for name in ("attend_before", "attend_after"):
        loop = getattr(fused, name)
        monkeypatch.setattr(fused, name, lambda *given, _loop=loop, _name=name: (taken.append(_name), _loop(*given))[1])
    wanted = run(case, torch.float64, **how)
    assert not taken
    got = run(case, torch.float32, **how)
    assert len(taken) == calls
    same(got, wanted)


def same(got: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    """Hold each tensor to what is wanted, by the size of its numbers."""
    for name, value in wanted.items():
        near = 2e-5 * max(1.0, float(value.abs().max()))
        torch.testing.assert_close(
            got[name], value, rtol=2e-4, atol=near, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
@pytest.mark.parametrize("part", [BEFORE, AFTER, GNMT], ids=["bahdanau", "luong", "gnmt"])
def test_every_wiring_and_cell(
    native_level: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any], cell: str
) -> None:
    hold(problem({**part, "kind": cell}, ADDITIVE), monkeypatch)


DEEP = {
    "two layers": {"layers": 2},
    "eight": {"layers": 8},
    "residual": {"layers": 3, "residual": True},
    "residual from the third": {"layers": 4, "residual": 3},
    "dropped between": {"layers": 3, "dropout": 0.4, "residual": 2},
    "dropped alike at all steps": {"layers": 3, "dropout": 0.4, "dropping": "sequence"},
}


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("part", [BEFORE, AFTER, {"wiring": "gnmt"}], ids=["bahdanau", "luong", "gnmt"])
def test_depth(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any], deep: dict[str, Any], cell: str
) -> None:
    hold(problem({**part, **deep, "kind": cell}, ADDITIVE), monkeypatch)


SCORES = [
    {"score": "concat", "size": 16}, {"score": "dot"}, {"score": "general"}, {"score": "scaled_dot", "size": 33},
    {"score": "scaled_dot", "size": 3, "scale": False},
]  # fmt: skip


@pytest.mark.parametrize("part", [BEFORE, AFTER], ids=["bahdanau", "luong"])
@pytest.mark.parametrize("score", SCORES, ids=lambda score: "-".join(map(str, score.values())))
def test_every_score(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any], score: dict[str, Any]
) -> None:
    hold(problem(part, score, size=18), monkeypatch)


@pytest.mark.parametrize("part", [BEFORE, AFTER, GNMT], ids=["bahdanau", "luong", "gnmt"])
@pytest.mark.parametrize("score", [ADDITIVE, {"score": "dot"}], ids=["additive", "dot"])
def test_a_source_longer_than_the_target_is_brought_step_by_step(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any], score: dict[str, Any]
) -> None:
    hold(problem(part, score, target=(3, 2, 1), source=(9, 0, 40), size=18), monkeypatch)


@pytest.mark.parametrize("part", [BEFORE, AFTER], ids=["bahdanau", "luong"])
def test_other_cells_and_activations(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any]
) -> None:
    hold(problem({**part, "kind": "rnn", "activation": "relu"}, ADDITIVE), monkeypatch)


@pytest.mark.parametrize("part", [BEFORE, AFTER], ids=["bahdanau", "luong"])
@pytest.mark.parametrize("size, memory", [(1, 1), (16, 300), (64, 32), (37, 129)])
def test_sizes(
    native_level: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any], size: int, memory: int
) -> None:
    hold(problem({**part, "kind": "lstm"}, {"score": "additive", "size": size}, size=size, memory=memory), monkeypatch)


@pytest.mark.parametrize("part", [BEFORE, AFTER], ids=["bahdanau", "luong"])
def test_without_a_mask(native_library: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any]) -> None:
    hold(problem(part, ADDITIVE), monkeypatch, masked=False)


@pytest.mark.parametrize("part", [BEFORE, AFTER], ids=["bahdanau", "luong"])
def test_rows_of_no_steps_end_where_they_began(native_library: Library, part: dict[str, Any]) -> None:
    case = problem(part, ADDITIVE, target=(2, 0), source=(0, 0))
    got = run(case, torch.float32)
    torch.testing.assert_close(got["hidden"][1], torch.zeros(2, 21, dtype=torch.float64))
    assert all(torch.isfinite(value).all() for value in got.values())


@pytest.mark.parametrize("part", [BEFORE, AFTER], ids=["bahdanau", "luong"])
@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_two_threads_give_the_same_numbers_as_one(native_library: Library, part: dict[str, Any], kind: str) -> None:
    case = problem({**part, "kind": kind}, ADDITIVE, target=tuple(range(40)), source=tuple(range(40)), size=64)
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(run(case, torch.float32))
    finally:
        torch.set_num_threads(before)
    same(found[1], found[0])


def test_tensors_need_not_lie_in_one_piece(native_library: Library) -> None:
    case = problem(BEFORE, ADDITIVE)
    wanted = run(case, torch.float32)
    case.x = case.x.transpose(0, 1).contiguous().transpose(0, 1)
    case.memory = case.memory.transpose(1, 2).contiguous().transpose(1, 2)
    got = run(case, torch.float32)
    same(got, wanted)


def test_a_mask_with_holes_is_heeded(native_library: Library) -> None:
    """Several inputs joined along the source leave padding in its middle."""
    case = problem(BEFORE, ADDITIVE)
    decoder = case.decoder.float()
    holes = torch.tensor([[True, False, True, True, False]]).expand(6, -1)
    memory = Memory(case.memory.float(), holes, case.summary.float())
    close = Memory(memory.outputs[:, [0, 2, 3]], torch.ones(6, 3, dtype=torch.bool), memory.summary)
    torch.testing.assert_close(
        decoder(case.x.float(), None, None, memory)[0], decoder(case.x.float(), None, None, close)[0]
    )


@pytest.mark.parametrize("part", [BEFORE, AFTER], ids=["bahdanau", "luong"])
def test_a_nan_is_seen(native_library: Library, part: dict[str, Any]) -> None:
    case = problem(part, ADDITIVE)
    decoder, x = case.decoder.float(), case.x.float().clone()
    shown = torch.arange(5) < case.source[:, None]
    x[0, 3] = float("nan")
    hidden, _ = decoder(x, None, None, Memory(case.memory.float(), shown, case.summary.float()))
    assert torch.isfinite(hidden[0, :3]).all() and hidden[0, 3:].isnan().all() and torch.isfinite(hidden[1:]).all()
    outputs = case.memory.float().clone()
    outputs[1, 2] = float("nan")
    hidden, _ = decoder(case.x.float(), None, None, Memory(outputs, shown, case.summary.float()))
    assert hidden[1].isnan().all() and torch.isfinite(hidden[0]).all()


def test_autocast_computes_in_float32(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    case = problem(BEFORE, ADDITIVE)
    plain = run(case, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        got = run(case, torch.float32)
    monkeypatch.setenv(VARIABLE, "off")
    with torch.autocast("cpu", torch.bfloat16):
        loop = run(case, torch.float32)
    for name, value in plain.items():
        off = (got[name] - value).norm()
        assert off <= 0.05 * value.norm() + 1e-6, name
        assert off <= 2 * (loop[name] - value).norm() + 1e-6, name


FALLS_BACK = {
    "nine layers": ({**BEFORE, "layers": 9, "size": 4}, ADDITIVE),
    "a cell it lacks": ({**BEFORE, "kind": "mgu"}, ADDITIVE),
    "reset before": ({**BEFORE, "reset": "before"}, ADDITIVE),
    "coverage": (BEFORE, {**ADDITIVE, "coverage": True}),
    "several heads": (AFTER, {"score": "multihead", "heads": 3}),
    "location": (BEFORE, {"score": "location"}),
    "weights dropped": (AFTER, {**ADDITIVE, "dropout": 0.3}),
    "recurrence dropped": ({**AFTER, "recurrent_dropout": 0.3}, ADDITIVE),
}


@pytest.mark.parametrize("part, score", FALLS_BACK.values(), ids=FALLS_BACK)
def test_what_it_lacks_takes_the_step_loop(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any], score: dict[str, Any]
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the native loop was taken")

    monkeypatch.setattr(fused, "attend_before", never)
    monkeypatch.setattr(fused, "attend_after", never)
    run(problem(part, score), torch.float32)


@pytest.mark.parametrize("part", [BEFORE, AFTER], ids=["bahdanau", "luong"])
@pytest.mark.parametrize("only", ["stack.cells.0.forwards.h", "wiring.reader.weights"])
def test_a_tape_changes_nothing(native_library: Library, part: dict[str, Any], only: str) -> None:
    case = problem(part, ADDITIVE)
    wanted = run(case, torch.float32)
    with Tape(case.decoder, only) as tape:
        got = run(case, torch.float32)
    assert list(tape) == [only]
    same(got, wanted)


def test_it_can_be_switched_off(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    case = problem(BEFORE, ADDITIVE)
    wanted = run(case, torch.float32)
    monkeypatch.setenv(VARIABLE, "off")
    monkeypatch.setattr(fused, "attend_before", None)
    same(run(case, torch.float32), wanted)


@pytest.mark.parametrize("part", [BEFORE, AFTER, GNMT], ids=["bahdanau", "luong", "gnmt"])
def test_a_loop_that_is_computed_again_learns_the_same(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any]
) -> None:
    case = problem({"layers": 2, **part, "dropout": 0.3}, ADDITIVE)
    wanted = run(case, torch.float32)
    with recomputing(True):
        hold(case, monkeypatch, calls=2)
        same(run(case, torch.float32), wanted)


@pytest.mark.parametrize("part", [BEFORE, AFTER, GNMT], ids=["bahdanau", "luong", "gnmt"])
@pytest.mark.parametrize("wrong", ["shown", "rows shown", "steps", "rows", "State"])
def test_shapes_that_do_not_fit_are_refused(native_library: Library, part: dict[str, Any], wrong: str) -> None:
    case = problem(part, ADDITIVE)
    decoder, x, outputs, summary = case.decoder.float(), case.x.float(), case.memory.float(), case.summary.float()
    mask = (torch.arange(x.shape[1]) < x.shape[1] - 1).expand(x.shape[:2])
    shown = torch.ones(outputs.shape[:2], dtype=torch.bool)
    state = None
    if wrong == "State":
        _, state = decoder(x[:2], mask[:2], None, Memory(outputs[:2], shown[:2], summary[:2]))
    mask = {"steps": (torch.arange(60) < 59).expand(len(x), 60), "rows": mask[:2]}.get(wrong, mask)
    shown = {"shown": shown[:, :3], "rows shown": shown[:2]}.get(wrong, shown)
    with pytest.raises((RuntimeError, ValueError)):
        decoder(x, mask, state, Memory(outputs, shown, summary))
