"""Batches of windows: an order by (seed, epoch), what each form is fed, and little to wait for."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.tasks.forecast_batches import batch_of

from .series_files import DECODER, learnt, monthly


def test_training_is_shuffled_anew_in_each_epoch_and_whole(tmp_path: Path) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 96, 2))
    data, held = task.training(print, False)
    one, again, other = (np.concatenate(data.order(epoch)) for epoch in (0, 0, 1))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert sorted(one) == sorted(other) == list(range(len(one)))
    assert all(len(key) <= 512 // 12 for key in data.order(0))
    assert held is not None and np.concatenate(held.order(0)).tolist() == np.concatenate(held.order(5)).tolist()


@pytest.mark.parametrize("form", ["direct", "aligned", "sequence"])
def test_each_form_is_fed_what_it_needs(tmp_path: Path, form: str) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 96), f"series.form={form}", *(DECODER if form == "sequence" else ()))
    assert task.laid is not None
    made = batch_of(task.laid, np.array([[0, 20], [0, 5]]), form)
    source, told = made.inputs["source"], made.target["forecast"].values
    assert source.values.shape == (2, 12, 3) and source.mask is not None and source.mask.sum(1).tolist() == [12, 5]
    assert told.shape == ((2, 12, 4, 1) if form == "aligned" else (2, 4, 1)) and made.tokens == 17
    if form == "sequence":
        fed = made.inputs["target"].values
        assert (
            fed.shape == (2, 4, 3)
            and (fed[:, 1:, :1] == told[:, :-1]).all()
            and fed[0, 0, 0] == source.values[0, -1, 0]
        )
    else:
        assert made.inputs["known"].values.shape == ((2, 12, 4, 2) if form == "aligned" else (2, 4, 2))
    assert not batch_of(task.laid, np.array([[0, 96]]), form, told=False).target


def test_channels_of_one_origin_are_evaluated_together(tmp_path: Path) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 96, 3))
    data = task.evaluation(None, print, False)
    origins = data.keys[:, 1]  # type: ignore[attr-defined]
    assert (np.diff(origins) >= 0).all() and (origins[:3] == origins[0]).all()
