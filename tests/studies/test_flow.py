"""Flow: gradients over distance against those known by hand."""

from itertools import count

import numpy as np
import pytest
import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.studies.flow import WHERE, flow, line_through
from seqloom.studies.lags import ADDING, RECALL, cell_of
from seqloom.studies.learning import numbers
from seqloom.tape import Patch


def test_of_a_linear_network_it_is_the_power_of_its_eigenvalue() -> None:
    model = RECALL.model({"kind": "rnn", "size": 8, "activation": "relu"}, 1)
    cell = cell_of(model)
    with torch.no_grad():  # relu of what is always above 0 is linear
        weights = dict(cell.named_parameters())
        weights["w_hh"].copy_(0.9 * torch.eye(8))
        weights["b_ih"].fill_(10)
    logs = flow(model, RECALL.draw(numbers(1), 5, 20), "label")
    np.testing.assert_allclose(logs, np.log(0.9) * np.arange(21), atol=1e-6)  # 0.9 in float32 is off by 3e-9
    assert line_through(logs) == pytest.approx((np.log(0.9), 1.0), abs=1e-6)


def test_it_is_what_finite_differences_find() -> None:
    model = ADDING.model({"kind": "lstm", "size": 3}, 3)
    batch = ADDING.draw(numbers(1), 1, 6)
    logs = flow(model, batch, "value")  # the model is float64 from here on
    source = Batch({"source": Field(batch.inputs["source"].values.double(), batch.inputs["source"].mask)})

    def answer(part: str = "h", step: int = -1, unit: int = 0, by: float = 0.0) -> float:
        calls = count()

        def nudge(value: Tensor) -> Tensor:
            value = value.clone()
            value[0, unit] += by if next(calls) == step else 0.0
            return value

        with torch.no_grad(), Patch(model, {f"{WHERE}.{part}": nudge}):
            return float(model(source)[0]["value"].flatten()[0])

    squares = [
        sum(
            ((answer(part, step, unit, 1e-5) - answer(part, step, unit, -1e-5)) / 2e-5) ** 2
            for part in ("h", "c")
            for unit in range(3)
        )
        for step in range(6)
    ]
    found = 0.5 * np.log(squares)[::-1]
    np.testing.assert_allclose(logs, found - found[0], atol=1e-6)


def test_a_patch_changes_what_is_measured_and_nothing_stays() -> None:
    batch = ADDING.draw(numbers(1), 4, 10)
    model = ADDING.model({"kind": "lstm", "size": 8}, 1)
    before = flow(model, batch, "value")
    shut = flow(model, batch, "value", {"*.f": torch.zeros_like})
    assert shut[-1] < before[-1] - 3
    np.testing.assert_array_equal(flow(model, batch, "value"), before)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_line_leaves_out_what_is_no_number() -> None:
    assert line_through([0.0, -1.0, -2.0, -np.inf]) == pytest.approx((-1.0, 1.0))
    assert line_through([0.0, -np.inf, -np.inf])[0] == -np.inf
    slope, straight = line_through([0.0, 2.0, 0.0, 2.0])
    assert slope == pytest.approx(0.4) and straight == pytest.approx(0.2)
