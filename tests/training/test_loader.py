"""Batches are the same whoever makes them, and chance is left alone."""

import pytest
import torch
from toys import Batches, labelled

from seqloom.training.loader import Part, batches

BATCHES = [labelled([5, 2, 3], seed=number, first=3 * number) for number in range(7)]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_batches_come_in_order_and_consume_no_chance(workers: int) -> None:
    before = torch.get_rng_state()
    keys = [4, 0, 6, 2, 2]
    found = list(batches(Batches(BATCHES), keys, workers))
    assert [batch.rows for batch in found] == [BATCHES[key].rows for key in keys]
    for batch, key in zip(found, keys, strict=True):
        assert torch.equal(batch.inputs["source"].values, BATCHES[key].inputs["source"].values)
        assert torch.equal(batch.target["label"].values, BATCHES[key].target["label"].values)
    assert torch.equal(before, torch.get_rng_state())


def test_no_batches() -> None:
    assert list(batches(Batches(BATCHES), [], 2)) == []


def test_a_part() -> None:
    part = Part(Batches(BATCHES, carries=True), [3, 1])
    assert (part.carries, list(part.order(5))) == (True, [3, 1])
    assert part.load(3) is BATCHES[3]
