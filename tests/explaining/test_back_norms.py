"""Back norms: of a wide State as of a narrow one, and of what falls below every number."""

from typing import Any

import numpy as np
import pytest
import torch
from looked import model_of, subject_on

from seqloom.cells.rnn import RNN
from seqloom.explaining import back_norms
from seqloom.explaining.decay import decay
from seqloom.explaining.jacobian_view import JacobianView
from seqloom.explaining.recurrences import Recurrence, recurrences
from seqloom.explaining.view import View


def seen(subject: Any) -> View:
    return JacobianView(samples=5).view(subject, lambda note: None)


def norms(one: Recurrence) -> list[float]:
    states = one.states(set(range(len(one))))
    return back_norms.back_norms(one, states, 0, range(1, len(one) + 1))


def test_a_wide_state_is_followed_in_the_directions_that_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    one = subject_on(model_of(encoder={"kind": "gru", "size": 12, "layers": 2}).double(), 20)
    exact = seen(one)
    monkeypatch.setattr(back_norms, "DENSE", 10)
    monkeypatch.setattr("seqloom.explaining.jacobian_view.DENSE", 10)
    monkeypatch.setattr(back_norms, "ROWS", 8)
    some = seen(one)
    tops = "encoder.stack.largest"
    np.testing.assert_allclose(some.values[tops], exact.values[tops], rtol=1e-2)
    ratio = some.values["encoder.stack.norms"] / exact.values["encoder.stack.norms"]
    assert (ratio <= 1 + 1e-9).all(), "a lower bound"
    assert ratio.min() > 0.8 and ratio[[0, -1]] == pytest.approx([1, 1], rel=2e-2)
    assert some.facts["encoder.stack"]["factor"] == pytest.approx(exact.facts["encoder.stack"]["factor"], rel=0.01)
    assert any("its State holds 24 numbers" in note for note in some.notes) and not exact.notes[1:]


@pytest.mark.parametrize("scale", [0.01, 0.9, 30.0])
@pytest.mark.parametrize("dense", [1, 256])
def test_a_scaled_turn_keeps_its_law_beyond_the_range_of_numbers(
    monkeypatch: pytest.MonkeyPatch, scale: float, dense: int
) -> None:
    """In single precision 0.01 ** 250 and 30 ** 250 are far out of range; the slope is right all the same."""
    monkeypatch.setattr(back_norms, "DENSE", dense)
    model = model_of(encoder={"kind": "rnn", "size": 4})
    (one,) = recurrences(subject_on(model, 250))
    cell = next(part for part in model.modules() if isinstance(part, RNN))
    turn = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(0)))[0]
    with torch.no_grad():
        for weight in cell.weights():
            weight.zero_()
        cell.w_hh.copy_(scale * turn)
    found = norms(one)
    steps = min(250, int(600 / abs(np.log(scale))))
    wanted = scale ** np.arange(1.0, steps + 1)
    np.testing.assert_allclose(found[:steps], wanted, rtol=1e-3)
    assert decay(found[:steps]).factor == pytest.approx(scale, rel=1e-5)
    assert decay(found).verdict == ("exploding" if scale > 1 else "vanishing")
