"""Recurrences: stepping each over what it reads ends where the model ends, and its Jacobians are autograd's."""

from typing import Any

import pytest
import torch
from looked import ATTENTION, GRU, model_of, subject_on
from torch import Tensor

from seqloom.explaining.jacobian import flatten, unflatten
from seqloom.explaining.recurrences import Recurrence, in_the_open, recurrences
from seqloom.explaining.subject import Subject
from seqloom.tape import Tape

TWO = {"size": 4, "layers": 2}
KINDS: dict[str, dict[str, Any]] = {
    "forwards": {"encoder": {"kind": "lstm", **TWO}},
    "backwards": {"encoder": {"kind": "gru", "reverse": True, "residual": True, **TWO}},
    "both": {"encoder": {"kind": "lstm", "bidirectional": True, **TWO}},
    "bottom": {"encoder": {"kind": "rnn", "bidirectional": "bottom", **TWO}},
    "pyramid": {"encoder": {"kind": "pyramid", "cell": "gru", **TWO}},
    "language": {"decoder": {"kind": "mgu", **TWO}},
    "sutskever": {"encoder": GRU, "bridge": {"kind": "context", "to": "start"}, "decoder": {"kind": "lstm", **TWO}},
    "cho": {"encoder": GRU, "bridge": {"kind": "context", "size": 5}, "decoder": {"kind": "gru", **TWO}},
    "bahdanau": {"encoder": GRU, "bridge": {**ATTENTION, "coverage": True}, "decoder": {"kind": "lstm", **TWO}},
    "luong": {"encoder": GRU, "bridge": ATTENTION, "decoder": {"kind": "gru", "wiring": "luong", **TWO}},
    "gnmt": {"encoder": GRU, "bridge": ATTENTION, "decoder": {"kind": "lstm", "wiring": "gnmt", **TWO}},
}
PATHS = {
    "forwards": ["encoder.stack"],
    "backwards": ["encoder.stack"],
    "both": [f"encoder.stack.cells.{layer}.{way}" for layer in (0, 1) for way in ("forwards", "backwards")],
    "bottom": [f"encoder.stack.cells.{place}" for place in ("0.forwards", "0.backwards", "1.forwards")],
    "pyramid": [f"encoder.layers.{layer}.cells.0.{way}" for layer in (0, 1) for way in ("forwards", "backwards")],
    "language": ["decoder.stack"],
    "sutskever": ["encoder.stack", "decoder.stack"],
} | {name: ["encoder.stack", "decoder"] for name in ("cho", "bahdanau", "luong", "gnmt")}


def subject(name: str) -> Subject:
    parts = KINDS[name]
    return subject_on(model_of(**parts).double(), 5 if "encoder" in parts else 0, 4 if "decoder" in parts else 0)


def walked(one: Recurrence, flat: Tensor) -> Tensor:
    state = unflatten(flat, one.start)
    for x in one.read:
        state = one.step(x[None], state)
    return flatten(state)


@pytest.mark.parametrize("name", list(KINDS))
def test_each_is_stepped_as_the_model_runs_it(name: str) -> None:
    """The hidden state of its last step is what a Tape hears of the model itself, in every layer."""
    one = subject(name)
    found = recurrences(one)
    assert [each.path for each in found] == PATHS[name]
    with torch.no_grad(), Tape(one.run.model, only="*.h") as tape:
        one.forward()
    for each in found:
        assert len(each) == (4 if each.path.startswith("decoder") else 3 if "layers.1" in each.path else 5)
        with torch.no_grad():
            last = walked(each, flatten(each.start)).tolist()
        paths = [path for path in tape if path.startswith(each.path)]
        assert paths
        for path in paths:
            h = tape[path][0, 0 if each.way == "backwards" else -1]
            assert any(last[at : at + len(h)] == pytest.approx(h.tolist(), abs=1e-9) for at in range(len(last)))


@pytest.mark.parametrize("name", list(KINDS))
def test_rows_are_pulled_and_pushed_as_autograd_says(name: str) -> None:
    one = subject(name)
    for each in recurrences(one):
        with in_the_open(one):
            states = each.states(set(range(len(each))))
            rows = torch.eye(each.width, dtype=torch.float64)
            columns = rows
            for step in reversed(range(len(each))):
                rows = each.pulled(step, states[step], rows)
            for step in range(len(each)):
                columns = each.pushed(step, states[step], columns)
            wanted = torch.autograd.functional.jacobian(lambda flat, each=each: walked(each, flat), states[0])
        torch.testing.assert_close(rows, wanted)
        torch.testing.assert_close(columns.T, wanted)
        assert wanted.abs().max() > 0


def test_only_wanted_states_are_held() -> None:
    (one,) = recurrences(subject("language"))
    assert sorted(one.states({1, 3})) == [1, 3] and one.states(set()) == {}
    torch.testing.assert_close(one.states({0})[0], flatten(one.start))


def test_what_has_none() -> None:
    assert recurrences(subject_on(model_of(encoder={"kind": "bag"}), 5)) == []
