"""Scales: fitted without what is missing, saved and loaded whole."""

import json
from pathlib import Path

import numpy as np
import pytest

from seqloom.data import series_scale as scales
from seqloom.errors import CheckpointError


def test_a_scale_standardises_and_goes_back() -> None:
    values = np.random.default_rng(0).normal(3, 7, (50, 2))
    values[4, 0] = np.nan
    scale = scales.fit(values)
    there = ~np.isnan(values[:, 0])
    assert np.allclose(scale.center[0], values[there, 0].mean()) and np.allclose(
        scale.spread[0], values[there, 0].std()
    )
    made = scale.apply(values)
    assert np.allclose(scale.undo(made)[there], values[there]) and abs(np.nanmean(made)) < 1e-9


def test_a_constant_column_has_a_spread_of_one() -> None:
    values = np.array([[5.0, 0.1], [5.0, 0.1], [5.0, 0.1]])
    assert scales.fit(values).spread.tolist() == [1, 1] and (scales.fit(values).apply(values).round(9) == 0).all()
    assert scales.constant(np.array([[1.0, 1], [1, 2], [np.nan, 3]])) == [0]
    assert scales.none(2).apply(values).tolist() == values.tolist()


def test_scales_are_kept(tmp_path: Path) -> None:
    made = {"서울": (scales.fit(np.random.default_rng(0).normal(size=(9, 2))), scales.none(0))}
    scales.save(made, tmp_path)
    again = scales.load(tmp_path)
    assert again["서울"][0].center.tolist() == made["서울"][0].center.tolist() and scales.digest(
        again
    ) == scales.digest(made)


def test_damaged_scales_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is missing"):
        scales.load(tmp_path)
    scales.save({"": (scales.none(1), scales.none(0))}, tmp_path)
    path = tmp_path / "scales.json"
    about = json.loads(path.read_text())
    for change, said in (
        ({"format": 9}, "has format 9"),
        ({"series": {}}, "is not what was saved"),
        ({"series": 1}, "damaged"),
    ):
        path.write_text(json.dumps({**about, **change}))
        with pytest.raises(CheckpointError, match=said):
            scales.load(tmp_path)
    path.write_text("{")
    with pytest.raises(CheckpointError, match="damaged"):
        scales.load(tmp_path)
