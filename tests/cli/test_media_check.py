import json
from collections.abc import Callable
from pathlib import Path

import numpy as np


def archive(path: Path, **more: object) -> str:
    images = np.random.default_rng(1).integers(0, 255, (30, 6, 5), np.uint8)
    np.savez(path, images=images, label=np.array(["가", "b", "b"] * 10), **more)  # type: ignore[arg-type]
    return str(path)


def test_what_is_there_of_pictures(tmp_path: Path, seqloom: Callable) -> None:
    answer = seqloom("check", "classify", archive(tmp_path / "p.npz"))
    assert answer.code == 0, answer.err
    assert "image, height x width x channels 6 x 5 x 1" in answer.out and "27 rows" in answer.out
    assert "6 rows of pixels" in answer.out and "told column" in answer.out and "가" in answer.out
    found = json.loads(seqloom("check", "classify", str(tmp_path / "p.npz"), "--json").out)
    assert found["items"] == {"kind": "image", "dims": [6, 5, 1]}
    counts = [found[part]["labels"][label] for part in ("train", "valid") for label in ("가", "b")]
    assert sum(counts) == 30 and found["train"]["rows"] + found["valid"]["rows"] == 30


def test_texts_are_counted_in_tokens(tmp_path: Path, seqloom: Callable) -> None:
    path = archive(tmp_path / "p.npz", caption=np.array(["a b", "a b c d", "c"] * 10))
    answer = seqloom("check", "caption", path, "--json")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    assert found["train"]["texts"]["most"] == 4 and found["vocabulary"]["kind"] == "word"


def test_lengths_of_recordings_are_spread(tmp_path: Path, seqloom: Callable) -> None:
    rng = np.random.default_rng(2)
    lengths = rng.integers(1600, 8000, 30)
    sound = rng.normal(0, 2000, lengths.sum()).astype(np.int16)
    np.savez(tmp_path / "s.npz", audio=sound, offset=np.cumsum([0, *lengths]), rate=8000, label=["a", "b"] * 15)
    answer = seqloom("check", "classify", str(tmp_path / "s.npz"))
    assert answer.code == 0, answer.err
    assert "audio, 40 numbers a frame" in answer.out and "median" in answer.out and "frames" in answer.out
