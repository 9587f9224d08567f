"""Telling: each form's own, quantiles that are those of the head, and windows that grow by what was told."""

from pathlib import Path

import numpy as np
import pytest
import torch

from seqloom.build import build
from seqloom.tasks.forecast_batches import batch_of
from seqloom.tasks.forecast_telling import _longer, go_on, has_distribution, head_of, last, tell

from .series_files import DECODER, learnt, monthly


def made(tmp_path: Path, form: str, *settings: str):
    parts = DECODER if form == "sequence" else ()
    task, _ = learnt(monthly(tmp_path / "a.csv", 60), f"series.form={form}", "series.scale=series", *parts, *settings)
    torch.manual_seed(0)
    assert task.laid is not None
    return build(task.spec, task.wiring()).eval(), task.laid


@pytest.mark.parametrize("form", ["direct", "aligned"])
def test_what_is_told_at_once_is_what_the_head_says(tmp_path: Path, form: str) -> None:
    model, laid = made(tmp_path, form, "heads.forecast=normal")
    batch = batch_of(laid, np.array([[0, 20], [0, 5]]), form)
    with torch.no_grad():
        told = tell(model, batch, form, (0.1, 0.5), paths=3)
        outputs = model(batch)[0]
        again = tell(model, batch, form, (0.1, 0.5), paths=3, outputs=outputs)
    given = last(outputs["forecast"], batch) if form == "aligned" else outputs["forecast"]
    assert torch.equal(told.point, head_of(model).point(given)) and torch.equal(told.paths, again.paths)
    assert torch.equal(told.quantiles[..., 0], head_of(model).quantile(given, 0.1))
    assert torch.allclose(told.quantiles[..., 1], told.point) and told.paths.shape == (2, 4, 1, 3)
    assert has_distribution(model) and not has_distribution(made(tmp_path, form)[0])


def test_a_sequence_takes_its_quantiles_from_its_paths(tmp_path: Path) -> None:
    model, laid = made(tmp_path, "sequence", "heads.forecast=normal")
    batch = batch_of(laid, np.array([[0, 20]]), "sequence")
    told = tell(model, batch, "sequence", (0.25, 0.75), paths=400)
    inside = (told.paths >= told.quantiles[..., :1]) & (told.paths <= told.quantiles[..., 1:])
    assert abs(inside.float().mean() - 0.5) < 0.02


def test_the_last_step_is_that_of_each_row(tmp_path: Path) -> None:
    model, laid = made(tmp_path, "aligned")
    batch = batch_of(laid, np.array([[0, 20], [0, 5]]), "aligned")
    outputs = torch.arange(2 * 12 * 4).view(2, 12, 4, 1)
    assert torch.equal(last(outputs, batch), torch.stack([outputs[0, 11], outputs[1, 4]]))
    assert model.source is not None


def test_a_window_grows_by_what_was_told(tmp_path: Path) -> None:
    _, laid = made(tmp_path, "direct", "series.gaps=missing")
    batch = batch_of(laid, np.array([[0, 20], [0, 5]]), "direct")
    values, known = torch.full((2, 4, 1), 7.0), torch.full((2, 4, 2), 9.0)
    grown = _longer(batch, values, known, "direct").inputs["source"]
    assert grown.mask is not None and grown.mask.sum(1).tolist() == [12, 9]
    before = batch.inputs["source"].values
    assert torch.equal(grown.values[0, :8], before[0, 4:]) and torch.equal(grown.values[1, :5], before[1, :5])
    assert (grown.values[0, 8:] == torch.tensor([7.0, 1, 9, 9])).all(), "a flag says that a value is there"
    assert (grown.values[1, 9:] == 0).all()


def test_steps_beyond_the_horizon_hear_their_covariates(tmp_path: Path) -> None:
    for form in ("direct", "aligned", "sequence"):
        model, laid = made(tmp_path, form)
        batch = batch_of(laid, np.array([[0, 60]]), form, told=False)
        future = torch.zeros(1, 7, 2)
        other = future.clone()
        other[:, 5] = 3.0
        one, two = (go_on(model, batch, part, 7, form).point for part in (future, other))
        assert torch.equal(one[:, :5], two[:, :5]) and not torch.equal(one[:, 5], two[:, 5]), form
