"""Channels standardised by training alone, with flags where training has gaps."""

import json
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.channels import Channels
from seqloom.errors import CheckpointError, InputError

NAN = float("nan")
ONE = np.array([[1.0, 10.0], [3.0, NAN]])
TWO = np.array([[5.0, 30.0]])


def test_each_channel_by_its_own_mean_over_what_was_observed() -> None:
    channels = Channels.train(["x", "y"], [ONE, TWO])
    assert channels.mean == (3.0, 20.0) and channels.gaps and channels.features == 4
    assert channels.deviation == (pytest.approx((8 / 3) ** 0.5), 10.0)
    read = channels.read(ONE)
    assert read.dtype == np.float32 and read[:, 2:].tolist() == [[1, 1], [1, 0]]
    assert read[:, 0].tolist() == pytest.approx([-2 / (8 / 3) ** 0.5, 0]) and read[:, 1].tolist() == [-1, 0]


def test_without_gaps_there_are_no_flags_and_a_missing_value_is_the_mean() -> None:
    channels = Channels.train(["x"], [np.array([[1.0], [3.0]])])
    assert channels.features == 1 and channels.read(np.array([[NAN], [3.0]])).tolist() == [[0.0], [1.0]]


def test_a_constant_channel_is_zero_and_scale_none_leaves_numbers() -> None:
    channels = Channels.train(["x"], [np.full((3, 1), 0.1)])
    assert channels.deviation == (0.0,) and channels.read(np.array([[0.1], [1.1]])).ravel().tolist() == [0.0, 1.0]
    plain = Channels.train(["x", "y"], [TWO], scale=False)
    assert plain.read(TWO).tolist() == [[5.0, 30.0]]


def test_what_cannot_be_standardised() -> None:
    with pytest.raises(InputError, match="channel 'y' has no value in any training series"):
        Channels.train(["x", "y"], [np.array([[1.0, NAN]])])
    with pytest.raises(InputError, match="too large to have a mean"):
        Channels.train(["x"], [np.array([[1e308], [-1e308]])])
    channels = Channels.train(["x"], [np.array([[1.0], [1.5]])])
    with pytest.raises(ValueError, match=r"1e\+300 is too far from what training has seen"):
        channels.read(np.array([[1e300]]))


def test_saved_they_read_alike_and_damage_is_noticed(tmp_path: Path) -> None:
    channels = Channels.train(["온도", "y"], [ONE, TWO])
    channels.save(tmp_path)
    again = Channels.load(tmp_path)
    assert again.digest == channels.digest and np.array_equal(again.read(ONE), channels.read(ONE))
    about = json.loads((tmp_path / "channels.json").read_text(encoding="utf-8"))
    (tmp_path / "channels.json").write_text(json.dumps({**about, "mean": [0, 0]}))
    with pytest.raises(CheckpointError, match="not what was saved"):
        Channels.load(tmp_path)
    (tmp_path / "channels.json").write_text(json.dumps({**about, "format": 9}))
    with pytest.raises(CheckpointError, match="has format 9"):
        Channels.load(tmp_path)
    with pytest.raises(CheckpointError, match="is missing"):
        Channels.load(tmp_path / "nowhere")
