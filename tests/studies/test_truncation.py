"""The study of truncated backpropagation: its verdict, that of its control, and that a cut cuts."""

from typing import Any

import pytest
import torch

from seqloom.errors import InputError
from seqloom.studies.conduct import conduct
from seqloom.studies.lags import RECALL
from seqloom.studies.learning import numbers
from seqloom.studies.statistics import Outcome
from seqloom.studies.truncation import ALWAYS, UP_TO, Truncation, windows_of


def rows(
    reached: float = 0.0, short: float = 0.13, shorter_lags: float = 0.99, long: float = 1.0
) -> list[dict[str, Any]]:
    found = []
    for seed in (1, 2, 3):
        for window in (4, 16, 32):
            over = window > 16
            always = {
                "reached": 1.0 if over else reached * (seed == 2),
                "right": (long if over else short) + seed / 1000,
            }
            found.append({"seed": seed, "training": ALWAYS, "window": window, **always})
            found.append({"seed": seed, "training": UP_TO, "window": window, "right": shorter_lags + seed / 1000})
    return found


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, "holds"),
        ({"reached": 1e-12}, "does not hold"),
        ({"short": 0.8}, "does not hold"),
        ({"shorter_lags": 0.5}, "does not hold"),
        ({"long": 0.4}, "does not hold"),
        ({"long": 0.898}, "inconclusive"),
    ],
)
def test_the_verdict_follows_from_the_rows(given: dict[str, float], answer: Outcome) -> None:
    assert Truncation(windows=[4, 16, 32]).judge(rows(**given)).answer == answer


@pytest.mark.parametrize("window", [1, 3, 5, 7, 20])
def test_windows_are_the_row_in_order_and_the_last_is_whole(window: int) -> None:
    batch = RECALL.draw(numbers(1), 2, 6)
    parts = [part.inputs["source"].values for part in windows_of(batch, window)]
    assert torch.equal(torch.cat(parts, 1), batch.inputs["source"].values)
    assert parts[-1].shape[1] == min(window, 7)
    assert all(part.shape[1] <= window for part in parts)


def test_a_cut_changes_no_answer_and_stops_the_gradient() -> None:
    batch = RECALL.draw(numbers(1), 4, 6)
    model = RECALL.model({"kind": "lstm", "size": 8}, 1)
    whole = model(batch)[0]["label"]
    for cut in (True, False):
        study = Truncation(lag=6, windows=[3, 7], cut=cut)
        said = study.read(model, batch, 3)
        torch.testing.assert_close(said["label"], whole)
        model.zero_grad()
        model.loss(said, batch)["label"][0].backward()
        grad = model.source.table.weight.grad  # type: ignore[union-attr]
        symbols = grad[5:13].abs().sum()  # type: ignore[index]
        assert float(symbols) == 0 if cut else float(symbols) > 0


def test_windows_that_cannot_tell_are_refused() -> None:
    with pytest.raises(InputError, match=r"one of at most half the lag \(8\) and one of more than the lag"):
        Truncation(windows=[4, 8])
    with pytest.raises(InputError, match=r"windows=\[12, 32\] at lag=16"):
        Truncation(windows=[12, 32])


def test_one_seed_measures_every_window_and_draws_it() -> None:
    study = Truncation(lag=4, windows=[2, 4, 5], size=8, updates=3)
    found = study.measure(1, lambda note: None)
    assert found == study.measure(1, lambda note: None)
    reached = {row["window"]: row["reached"] for row in found if row["training"] == ALWAYS}
    assert reached[2] == 0 and reached[4] == 0 and reached[5] > 0
    numbered = [{"seed": 1, **row} for row in found]
    (figure,) = study.figures(numbered)
    assert len(figure.lines) == 2 and len(study.table(numbered).rows) == 6  # type: ignore[union-attr]


@pytest.mark.slow
def test_it_holds_and_its_control_does_not() -> None:
    assert conduct("truncation", Truncation.tiny, seeds=3, jobs=1).verdict.answer == "holds"
    broken = {**Truncation.tiny, **Truncation.control}
    assert conduct("truncation", broken, seeds=3, jobs=1).verdict.answer == "does not hold"
