"""A live signal, step by step, is heard as the whole is; natively where that can be, with no less care elsewhere."""

import pytest
import torch
from torch import Tensor

from seqloom.encoders import build_encoder
from seqloom.encoders.encoder import Encoder
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.errors import InputError
from seqloom.kernels import cell_step
from seqloom.kernels.library import native, reason
from seqloom.kernels.switch import VARIABLE
from seqloom.state import State, tensors
from seqloom.tape import Tape

CELLS = ["rnn", "lstm", "gru", "mgu", "mingru", "minlstm"]
WAYS = [{}, {"layers": 3, "residual": True}, {"layers": 2, "start": "learned", "dropout": 0.4, "dropping": "sequence"}]


def made(kind: str, **given: object) -> RecurrentEncoder:
    torch.manual_seed(1)
    encoder = build_encoder({"kind": kind, "size": 24, **given}, 24).eval()
    assert isinstance(encoder, RecurrentEncoder)
    return encoder


def whole(encoder: Encoder, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
    with torch.no_grad():
        memory, after = encoder(x, torch.ones(x.shape[:2], dtype=torch.bool), state)
    return memory.outputs, after


@pytest.mark.parametrize("switch", ["on", "off"])
@pytest.mark.parametrize("given", WAYS, ids=["one", "three", "two"])
@pytest.mark.parametrize("kind", CELLS)
def test_steps_are_the_whole(monkeypatch: pytest.MonkeyPatch, kind: str, given: dict[str, object], switch: str) -> None:
    monkeypatch.setenv(VARIABLE, switch)
    encoder, x = made(kind, **given), torch.randn(3, 7, 24)
    wanted, end = whole(encoder, x)
    live = encoder.live(3)
    for time in range(7):
        y = live.push(x[:, time])
        assert not y.requires_grad
        torch.testing.assert_close(y, wanted[:, time], rtol=1e-4, atol=1e-5)
    for one, other in zip(tensors(live.state), tensors(end), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_state_goes_from_the_whole_to_a_live_signal_and_back() -> None:
    encoder, x = made("lstm", layers=2), torch.randn(2, 9, 24)
    wanted, _ = whole(encoder, x)
    live = encoder.live(2)
    live.push(torch.randn(2, 24))
    live.state = whole(encoder, x[:, :4])[1]
    torch.testing.assert_close(live.push(x[:, 4]), wanted[:, 4], rtol=1e-4, atol=1e-5)
    live.push(x[:, 5])
    rest, _ = whole(encoder, x[:, 6:], live.state)
    torch.testing.assert_close(rest, wanted[:, 6:], rtol=1e-4, atol=1e-5)


def test_what_was_said_stays_as_it_was() -> None:
    live, x = made("gru").live(), torch.randn(1, 24)
    said = [live.push(x) for _ in range(6)]
    kept = [y.clone() for y in said]
    state = tensors(live.state)
    before = [value.clone() for value in state]
    live.push(x)
    assert all(torch.equal(one, other) for one, other in zip(said + state, kept + before, strict=True))


def test_changes_between_steps_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    if native() is None:
        pytest.skip(f"no native library: {reason()}")
    steps: list[int] = []
    advance = cell_step.Packed.advance

    def counting(self: cell_step.Packed, x: Tensor, state: State) -> State | None:
        steps.append(1)
        return advance(self, x, state)

    monkeypatch.setattr(cell_step.Packed, "advance", counting)
    encoder, x = made("gru", layers=2), torch.randn(1, 6, 24)
    live = encoder.live()
    live.push(x[:, 0])
    live.push(x[:, 1])
    assert len(steps) == 4
    with Tape(encoder, only="*z") as tape:
        live.push(x[:, 2])
    assert len(steps) == 4 and len(tape) == 2
    state = live.state
    with torch.no_grad():
        encoder.stack.cell(1, "forwards").w_hh.mul_(1.5)  # type: ignore[operator, union-attr]
    wanted, _ = whole(encoder, x[:, 3:5], state)
    for time in (3, 4):
        torch.testing.assert_close(live.push(x[:, time]), wanted[:, time - 3], rtol=1e-4, atol=1e-5)
    state, before = live.state, len(steps)
    monkeypatch.setenv(VARIABLE, "off")
    torch.testing.assert_close(live.push(x[:, 5]), whole(encoder, x[:, 5:], state)[0][:, 0], rtol=1e-4, atol=1e-5)
    assert len(steps) == before


def test_float64_is_heard_in_float64() -> None:
    encoder, x = made("gru").double(), torch.randn(2, 4, 24, dtype=torch.float64)
    live, (wanted, _) = encoder.live(2), whole(encoder, x)
    for time in range(4):
        torch.testing.assert_close(live.push(x[:, time]), wanted[:, time], rtol=1e-12, atol=1e-12)


def test_what_cannot_be_live_says_why() -> None:
    with pytest.raises(InputError, match="both directions"):
        made("gru", bidirectional=True).live()
    with pytest.raises(InputError, match="from the end"):
        made("gru", reverse=True).live()
    with pytest.raises(InputError, match=r"rows, input\] \(1, 24\)"):
        made("gru").live().push(torch.randn(2, 24))
    with pytest.raises(ValueError, match="evaluation"):
        made("gru").train().live()
