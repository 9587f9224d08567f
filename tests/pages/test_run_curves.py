"""Curves from events: which lines there are, what is marked, and what is said of a course that was not smooth."""

from typing import Any

import numpy as np

from seqloom.pages.run_curves import curves
from seqloom.pages.run_events import Events
from seqloom.report.figures import Lines


def step(at: int, loss: float, **more: Any) -> dict[str, Any]:
    return {"event": "step", "step": at, "loss": loss, "lr": 0.1, "grad_norm": 2.0, "tokens_per_second": 50.0, **more}


def valid(at: int, best: bool, **metrics: float) -> dict[str, Any]:
    return {"event": "valid", "step": at, "best": best, "metrics": metrics}


def figures(*records: dict[str, Any], metric: str = "accuracy") -> dict[str, Lines]:
    part = curves(Events(list(records)), metric)
    assert part is not None
    return {one.title: one for one in part.figures if isinstance(one, Lines)}


def test_loss_of_batches_and_of_validation_are_lines_with_the_best_marked() -> None:
    found = figures(step(1, 3.0), step(2, 2.0), valid(2, True, loss=2.5, accuracy=0.5), valid(4, False, loss=2.7))
    loss = found["Loss"]
    assert [line.name for line in loss.lines] == ["training batch", "validation"]
    assert loss.lines[0].y.tolist() == [3.0, 2.0] and loss.lines[1].x.tolist() == [2.0, 4.0]
    assert loss.marks == [(2.0, "best")]
    assert found["Validation: accuracy"].lines[0].y.tolist() == [0.5]
    assert found["Gradient norm before clipping"].y_scale == "log"
    assert set(found) == {"Loss", "Validation: accuracy", "Learning rate", "Gradient norm before clipping"}


def test_a_gradient_of_zero_has_no_logarithm_and_loss_is_drawn_once() -> None:
    found = figures(step(1, 1.0, grad_norm=0.0), valid(1, True, loss=1.0), metric="loss")
    assert found["Gradient norm before clipping"].y_scale == "linear" and "Validation: loss" not in found


def test_without_validation_there_is_no_mark() -> None:
    found = figures(step(1, 1.0))
    assert list(found["Loss"].marks) == [] and len(found["Loss"].lines) == 1


def test_what_went_wrong_is_said() -> None:
    skipped = [{"event": "skipped", "step": at} for at in (4, 9)]
    started = [{"event": "started", "resumed_at": None}, {"event": "started", "resumed_at": 1500}]
    part = curves(Events([*started, step(1, 1.0), *skipped], damaged=2), "loss")
    assert part is not None and "The training has not ended" in part.about
    notes = " ".join(part.notes)
    for words in (
        "resumed 1 times, at step 1,500",
        "2 batches gave numbers",
        "at step 4, 9",
        "2 lines of events.jsonl",
    ):
        assert words in notes
    end = {"event": "finished", "step": 1200, "reason": "epochs", "shipped": "the best", "seconds": 90.0}
    part = curves(Events([step(1, 1.0), end]), "loss")
    assert part is not None and "1,200 steps, ended because: epochs" in part.about and "90 s" in part.about
    assert "50 tokens a second" in part.about


def test_no_events_have_no_part_and_odd_values_are_no_points() -> None:
    assert curves(Events(), "loss") is None
    found = figures(step(1, float("nan")), {"event": "step", "step": "x", "loss": 1.0}, step(3, 2.0))
    assert np.isnan(found["Loss"].lines[0].y[0]) and found["Loss"].lines[0].x.tolist() == [1.0, 3.0]
