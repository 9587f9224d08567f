"""Words that training saw are known again, whatever their form of Unicode."""

from pathlib import Path

import pytest

from seqloom.data.seen import Seen
from seqloom.errors import CheckpointError


def test_new_words_are_told_from_seen_ones(tmp_path: Path) -> None:
    seen = Seen.of(["서울", "the", "the"])
    assert seen.new(["서울", "the", "The", "부산"]).tolist() == [False, False, True, True]
    assert seen.new(["\u1109\u1165\u110b\u116e\u11af"]).tolist() == [False], "decomposed"
    seen.save(tmp_path)
    assert Seen.load(tmp_path).new(["서울", "x"]).tolist() == [False, True]


def test_what_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"seen\.npy is missing"):
        Seen.load(tmp_path)
    (tmp_path / "seen.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(CheckpointError, match=r"seen\.npy is damaged"):
        Seen.load(tmp_path)
