"""The look at a run: which rows are taken, in what order, and that each is what the model says of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from seqloom.batch import Batch
from seqloom.pages.run_look import look, row_losses, thinned
from seqloom.pages.run_page import teller_of
from seqloom.pages.run_tellers import WrittenTeller
from seqloom.tasks.row_data import Turn
from seqloom.training.run import Run

Kept = Callable[[str], tuple[Run, str | None]]
TASKS = ("classify", "language", "translate", "transduce", "tag", "forecast", "regress", "caption", "vqa", "transcribe")


class Made:
    """Data of keys alone."""

    def __init__(self, keys: list, carries: bool = False) -> None:
        self._keys, self.carries = keys, carries

    def order(self, epoch: int) -> list:
        return self._keys

    def load(self, key: Any) -> Batch:
        raise AssertionError


@pytest.mark.parametrize("kind", [np.asarray, list, lambda rows: Turn(np.asarray(rows), 0)])
def test_rows_are_taken_evenly_over_all_batches(kind: Callable) -> None:
    keys = [kind(list(range(start, start + 7))) for start in range(0, 70, 7)]
    chosen, every = thinned(Made(keys), 10)
    taken = sorted(int(row) for key in chosen for row in (key.rows if isinstance(key, Turn) else key))
    assert every == 70 and taken == list(range(3, 70, 7)), "one in seven, from the middle of the first seven"


def test_all_rows_are_taken_where_they_are_few() -> None:
    keys = [np.arange(0, 3), np.arange(3, 5)]
    chosen, every = thinned(Made(keys), 5)
    assert every == 5 and sorted(np.concatenate(chosen).tolist()) == [0, 1, 2, 3, 4]


def test_batches_come_in_another_order_so_that_time_ends_no_length_first() -> None:
    keys = [np.array([row]) for row in range(50)]
    chosen, _ = thinned(Made(keys), 50)
    order = [int(key[0]) for key in chosen]
    assert sorted(order) == list(range(50)) and order != list(range(50))
    assert order == [int(key[0]) for key in thinned(Made(keys), 50)[0]]


def test_keys_are_cut_where_rows_are_written_together() -> None:
    chosen, _ = thinned(Made([np.arange(10)]), 10, together=4)
    assert sorted(map(len, chosen)) == [2, 4, 4]


def test_what_carries_state_is_read_from_its_beginning() -> None:
    assert thinned(Made([0, 16, 32, 48], carries=True), 3) == ([0, 16, 32], 4)


@pytest.mark.parametrize("task", TASKS)
def test_rows_sum_to_the_loss_that_the_run_has(kept: Kept, task: str) -> None:
    run, path = kept(task)
    data = run.task.evaluation(path, lambda note: None, run.model.carries)
    found = look(run.model, data, None, None, most=10_000, seconds=600.0)
    name = "loss" if len(run.model.heads) == 1 else f"{found.head}.loss"
    nats, counts = found.sums()
    assert nats.sum() / counts.sum() == pytest.approx(run.evaluate(path)[name], rel=1e-4)
    assert found.every == len(found.rows) and (found.lengths() >= 0).all()
    assert found.seconds > 0 and found.quality


@pytest.mark.parametrize("task", ["classify", "tag", "regress", "vqa"])
def test_with_a_meter_it_tells_what_evaluate_tells(kept: Kept, task: str) -> None:
    run, path = kept(task)
    data = run.task.evaluation(path, lambda note: None, run.model.carries)
    found = look(run.model, data, run.task.meter(run.model, data), teller_of(run, data), most=10_000, seconds=600.0)
    told = run.evaluate(path)
    assert found.metrics == {name: pytest.approx(told[name], abs=1e-6) for name in found.metrics}
    assert all(row.true and row.told for row in found.rows)


def test_time_ends_it_after_a_batch(kept: Kept) -> None:
    run, path = kept("translate")
    data = run.task.evaluation(path, lambda note: None, run.model.carries)
    teller = teller_of(run, data)
    meter = run.task.meter(run.model, data)
    found = look(run.model, data, meter, teller, most=10_000, seconds=0.0)
    assert 0 < len(found.rows) <= 16 < found.every
    assert isinstance(teller, WrittenTeller) and set(teller.answers) == {row.number for row in found.rows}
    assert all(row.told for row in found.rows)


def test_a_row_has_the_loss_that_it_has_alone(kept: Kept) -> None:
    run, _ = kept("tag")
    data = run.task.evaluation(None, lambda note: None, False)
    batch = data.load(data.order(0)[0])
    with torch.no_grad():
        outputs, _ = run.model(batch)
        nats, counts = row_losses(run.model, outputs, batch, "tags")
        whole, count = run.model.loss(outputs, batch)["tags"]
    assert sum(nats) == pytest.approx(float(whole), rel=1e-5) and sum(counts) == float(count)
    assert len(set(nats)) > 1
