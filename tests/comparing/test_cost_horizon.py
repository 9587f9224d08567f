"""How far back a model reaches, of networks whose horizon is known, and of those that have none."""

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.cells.gru import GRU
from seqloom.comparing.cost_horizon import horizon_of
from seqloom.spec import parse
from seqloom.training.run import Run

LABELS = {"label": (["a", "b", "c"], [1, 1, 1])}


def run_of(**encoder: Any) -> Run:
    torch.manual_seed(0)
    spec = {"task": "x", "source": {"size": 4}, "encoder": encoder, "heads": {"label": {"kind": "label"}}}
    model = build(parse(spec), Wiring(source=20, labels=LABELS)).eval()
    return cast(Run, SimpleNamespace(model=model, device=torch.device("cpu")))


def fading(rate: float, **more: Any) -> Run:
    """Return a network whose State is `rate` of what it was at each step: its units are above 0 and never cross."""
    run = run_of(kind="rnn", size=3, activation="relu", **more)
    with torch.no_grad():
        for name, weight in run.model.encoder.named_parameters():  # type: ignore[union-attr]
            weight.zero_()
            if "w_hh" in name:
                weight.copy_(torch.eye(3) * rate)
            if "b_ih" in name:
                weight.fill_(1.0)
    return run


def batch(steps: int) -> Batch:
    ids = torch.full((1, steps), 5)
    return Batch({"source": Field(ids, torch.ones(1, steps, dtype=torch.bool))}, tokens=steps)


@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_a_known_rate_has_a_known_horizon(rate: float) -> None:
    found = horizon_of(fading(rate), [batch(40)], 10.0)
    assert found["horizon"] == pytest.approx(math.log(0.01) / math.log(rate), rel=1e-4)
    assert (found["horizon_about"] is None) == (found["horizon"] < 40), "beyond the row it is the slope's"


def test_the_longest_rows_are_looked_at_first() -> None:
    assert horizon_of(fading(0.9), [batch(1), batch(30), batch(2)], 0.0)["horizon"] == pytest.approx(43.709, rel=1e-4)


def test_over_rows_it_is_the_median(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*each: float) -> dict[str, Any]:
        found = iter(each)
        monkeypatch.setattr("seqloom.comparing.cost_horizon._farthest", lambda run, one: (next(found), 64))
        return horizon_of(fading(0.5), [batch(90)] * 3, 60.0)

    assert told(math.inf, 10.0, 40.0) == {"horizon": 40.0, "horizon_about": None}
    assert told(100.0, 10.0, 90.0) == {"horizon": 90.0, "horizon_about": "by the slope over 64 steps"}
    assert told(math.inf, 10.0, math.inf)["horizon_about"] == "a change of the State does not fade over 64 steps"


def test_of_both_directions_the_farthest_counts() -> None:
    run = fading(0.5, bidirectional=True)
    cells = run.model.encoder.stack  # type: ignore[union-attr]
    with torch.no_grad():
        cells.cell(0, "backwards").w_hh.copy_(torch.eye(3) * 0.8)  # type: ignore[operator]
    assert horizon_of(run, [batch(30)], 10.0)["horizon"] == pytest.approx(math.log(0.01) / math.log(0.8), rel=1e-4)


def test_what_does_not_fade_has_no_horizon_and_says_so() -> None:
    found = horizon_of(fading(1.0), [batch(30)], 10.0)
    assert found == {"horizon": None, "horizon_about": "a change of the State does not fade over 30 steps"}


def test_what_has_none_says_why() -> None:
    for run, why in (
        (run_of(kind="transformer", size=4, heads=2), "attention sees every step"),
        (run_of(kind="bag"), "blind to order: every step counts alike"),
        (run_of(kind="mlp", size=3), "blind to order: every step counts alike"),
    ):
        assert horizon_of(run, [batch(9)], 10.0) == {"horizon": None, "horizon_about": why}
    for batches in ([], [batch(1)]):
        told = horizon_of(fading(0.5), batches, 10.0)
        assert told == {"horizon": None, "horizon_about": "rows of two steps at least are needed"}
    assert horizon_of(fading(0.5), [batch(10)], 10.0)["horizon_about"] == "rows of 10 steps say little"


class OldStyle(torch.autograd.Function):
    """A function as torch had them before `torch.func`, which refuses it."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x / 2

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return grad / 2


def test_a_cell_that_cannot_be_differentiated_side_by_side_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(self: GRU, x: torch.Tensor, state: Any) -> Any:
        h = OldStyle.apply(state["h"])  # type: ignore[no-untyped-call]
        return h, {"h": h}

    monkeypatch.setattr(GRU, "forward", forward)
    found = horizon_of(run_of(kind="gru", size=3), [batch(12)], 10.0)
    assert found["horizon"] is None and found["horizon_about"].startswith("no Jacobian: ")
