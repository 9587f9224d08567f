"""Batches are the same whoever makes them, and chance is left alone."""

import os
import signal
from typing import Any

import pytest
import torch
from toys import Batches, labelled

from seqloom.batch import Batch
from seqloom.errors import InputError
from seqloom.training.loader import Part, batches

BATCHES = [labelled([5, 2, 3], seed=number, first=3 * number) for number in range(7)]


class Changed(Batches):
    """A file that somebody writes to."""

    def load(self, key: Any) -> Batch:
        if key == 3:
            raise InputError("글.tsv was changed while it was being read.")
        return super().load(key)


class Process(Batches):
    """Says which process loads, and whether it ignores SIGINT and SIGTERM."""

    def load(self, key: Any) -> Batch:
        ignored = [signal.getsignal(number) == signal.SIG_IGN for number in (signal.SIGINT, signal.SIGTERM)]
        return Batch({}, rows=(os.getpid(), *ignored))


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


def test_workers_are_other_processes_that_leave_signals_to_the_loop() -> None:
    given = {batch.rows for batch in batches(Process(BATCHES), range(5), 2)}
    assert len(given) == 2
    for pid, *ignored in given:
        assert pid != os.getpid() and ignored == [True, True]


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_for_a_person_comes_as_it_is(workers: int) -> None:
    with pytest.raises(InputError) as caught:
        list(batches(Changed(BATCHES), range(5), workers))
    assert str(caught.value) == "글.tsv was changed while it was being read."


def test_no_batches() -> None:
    assert list(batches(Batches(BATCHES), [], 2)) == []


def test_a_part() -> None:
    part = Part(Batches(BATCHES, carries=True), [3, 1])
    assert (part.carries, list(part.order(5))) == (True, [3, 1])
    assert part.load(3) is BATCHES[3]


def test_part_of_the_data_and_of_its_rows() -> None:
    data = Batches(BATCHES)
    assert Part(data, [3, 1]).order(0) == [3, 1] and Part(data, [3]).load(3).rows == BATCHES[3].rows
    assert Part(data, [3], rows=2).load(3).rows == BATCHES[3].rows[:2]
