"""Tracking: a walk on a ring, told with lies."""

import pytest
import torch

from seqloom.studies.puzzles import FIRST
from seqloom.studies.puzzles_track import tracking


@pytest.mark.parametrize("lies", [0.0, 0.5])
def test_a_walk_moves_by_one_place_and_is_told_wrongly_as_often_as_asked(lies: float) -> None:
    batch = tracking(torch.Generator().manual_seed(0), 500, 12, places=10, lies=lies)
    walk = batch.target["words"].values[:, :-1] - FIRST
    told = batch.inputs["source"].values[:, :-1] - FIRST
    moved = (walk[:, 1:] - walk[:, :-1]) % 10
    assert {int(one) for one in moved.unique()} == {0, 1, 9}
    assert walk.min() == told.min() == 0 and walk.max() == told.max() == 9
    assert float((told == walk).float().mean()) == pytest.approx(1 - lies * 0.9, abs=0.02)  # a lie may hit the truth
