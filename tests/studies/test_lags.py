"""Puzzles of lag: models that take them on, and when an answer is right."""

import pytest
import torch

from seqloom.studies.lags import ADDING, NEAR, PUZZLES, cell_of, of_size
from seqloom.studies.learning import numbers


@pytest.mark.parametrize("name", PUZZLES)
def test_blind_guessing_is_right_as_often_as_stated(name: str) -> None:
    puzzle = PUZZLES[name]
    batch = puzzle.draw(numbers(1), 20_000, 10)
    target = batch.target[puzzle.head]
    if name == "adding":
        found = ((target.values - 1).abs() < NEAR).float().mean()
    else:
        told = target.values if target.mask is None else target.values[target.mask]
        found = (told == 3).float().mean()
    assert float(found) == pytest.approx(puzzle.chance, abs=0.01)


@pytest.mark.parametrize("name", PUZZLES)
def test_a_model_takes_a_puzzle_on(name: str) -> None:
    puzzle = PUZZLES[name]
    model = puzzle.model({"kind": "gru", "size": 8}, 1)
    batch = puzzle.draw(numbers(1), 64, 6)
    assert 0 <= puzzle.right(model, batch) < 0.6
    total, count = model.loss(model(batch)[0], batch)[puzzle.head]
    assert torch.isfinite(total) and float(count) > 0
    assert cell_of(model).size == 8


def test_a_sum_is_right_within_its_bound() -> None:
    model = ADDING.model({"kind": "rnn", "size": 4}, 1)
    for parameter in model.parameters():
        parameter.data.zero_()
    batch = ADDING.draw(numbers(1), 500, 10)  # the model says 0, which is right where both numbers are small
    wanted = (batch.target["value"].values.flatten().abs() < NEAR).float().mean()
    assert ADDING.right(model, batch) == pytest.approx(float(wanted))


def test_sizes_use_the_parameters_that_there_are() -> None:
    for kind in ("rnn", "gru", "lstm"):
        part = of_size(ADDING, {"kind": kind}, 2000)
        assert ADDING.model(part, 0).parameter_count() <= 2000
        assert ADDING.model({**part, "size": part["size"] + 1}, 0).parameter_count() > 2000
    assert of_size(ADDING, {"kind": "rnn"}, 1)["size"] == 1
