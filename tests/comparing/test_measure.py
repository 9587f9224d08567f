"""Items are read back as they were written, whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.comparing.measure import Items
from seqloom.errors import CheckpointError


@pytest.mark.parametrize("labelled", [True, False])
def test_items_are_read_back(labelled: bool, tmp_path: Path) -> None:
    stats, lengths = np.arange(6.0).reshape(3, 2), np.array([4, 0, -1])
    classes = (("긍정", "부정"), np.array([0, 1, 1])) if labelled else None
    rarity = np.array([1.5, 2.0, 0.0]) if labelled else None
    path = tmp_path / "gru.npz"
    Items("accuracy", stats, lengths, classes, rarity).save(path)
    back = Items.load(path)
    assert back.measure == "accuracy"
    assert np.array_equal(back.stats, stats) and np.array_equal(back.lengths, lengths)
    if classes is None:
        assert back.classes is None and back.rarity is None
    else:
        assert back.classes is not None and back.classes[0] == classes[0]
        assert np.array_equal(back.classes[1], classes[1]) and np.array_equal(back.rarity, rarity)  # type: ignore[arg-type]
    assert [one.name for one in tmp_path.iterdir()] == ["gru.npz"]


def test_what_is_missing_or_damaged_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"--resume"):
        Items.load(tmp_path / "none.npz")
    path = tmp_path / "cut.npz"
    Items("loss", np.ones((2, 2)), np.ones(2, np.int64)).save(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(CheckpointError, match="damaged"):
        Items.load(path)
