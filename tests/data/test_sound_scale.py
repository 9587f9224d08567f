"""Levels of sound: each way by its words, learnt over parts as over the whole, and kept."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.sound_features import Frames
from seqloom.data.sound_scale import START, Levels, Normalise
from seqloom.errors import CheckpointError, InputError


def frames(count: int, seed: int = 0) -> Frames:
    made = np.random.default_rng(seed).standard_normal((count, 3)) * [1, 10, 0] + [5, -100, 7]
    return made.astype(np.float32)


PARTS = [frames(50, 1), frames(0), frames(1, 2), frames(200, 3)]


def levels(kind: Normalise) -> Levels:
    return Levels.train(kind, iter(PARTS), 3)


def test_means_and_deviations_of_parts_are_those_of_the_whole() -> None:
    whole = np.concatenate(PARTS).astype(np.float64)
    found = levels("global")
    assert np.allclose(found.mean, whole.mean(0)) and np.allclose(found.deviation, whole.std(0))


def test_global_levels_are_the_same_for_every_recording() -> None:
    found = levels("global")
    together = np.concatenate([found.normalise(part) for part in PARTS])
    assert np.allclose(together[:, :2].mean(0), 0, atol=1e-5) and np.allclose(together[:, :2].std(0), 1, atol=1e-5)
    assert np.allclose(together[:, 2], 0), "what never changes is divided by 1"


def test_levels_of_an_utterance_are_its_own() -> None:
    made = levels("utterance").normalise(frames(40) * np.float32(3) + np.float32(9))
    assert np.allclose(made[:, :2].mean(0), 0, atol=1e-5) and np.allclose(made[:, :2].std(0), 1, atol=1e-5)
    assert np.allclose(levels("utterance").normalise(frames(1)), 0)


def test_running_levels_are_those_of_what_was_heard_so_far() -> None:
    found, x = levels("running"), frames(30)
    made = found.normalise(x)
    mean, spread = found.mean, np.where(found.deviation > 1e-6, found.deviation, 1)
    for t in range(30):
        heard = x[: t + 1].astype(np.float64)
        center = (START * mean + heard.sum(0)) / (START + t + 1)
        square = (START * (spread**2 + mean**2) + (heard**2).sum(0)) / (START + t + 1) - center**2
        assert np.allclose(made[t], (x[t] - center) / np.sqrt(square), atol=1e-5)


def test_running_levels_go_on_from_piece_to_piece() -> None:
    found, x, heard = levels("running"), frames(30), levels("running").heard()
    pieces = [found.normalise(piece, heard) for piece in (x[:1], x[1:1], x[1:20], x[20:])]
    assert np.allclose(np.concatenate(pieces), found.normalise(x), atol=1e-6)
    assert heard.count == 30


def test_running_levels_of_much_sound_become_its_own() -> None:
    x = frames(20_000) + np.float32(4)
    assert np.allclose(levels("running").normalise(x)[-1000:].mean(0)[:2], 0, atol=0.1)
    assert np.isfinite(levels("running").normalise(x)).all()


def test_no_levels_change_nothing() -> None:
    assert levels("none").normalise(frames(5)).tobytes() == frames(5).tobytes()


@pytest.mark.parametrize("kind", ["global", "utterance", "running", "none"])
def test_levels_are_kept(tmp_path: Path, kind: Normalise) -> None:
    found = levels(kind)
    found.save(tmp_path)
    again = Levels.load(tmp_path)
    assert again.digest == found.digest and again.kind == kind and again.causal == (kind != "utterance")
    assert np.array_equal(again.normalise(frames(9)), found.normalise(frames(9)))
    path = tmp_path / "levels.json"
    path.write_text(path.read_text().replace('"mean": [', '"mean": [ 1, '))
    with pytest.raises(CheckpointError):
        Levels.load(tmp_path)


def test_no_frames_have_no_mean() -> None:
    with pytest.raises(InputError, match="no recording has a frame"):
        Levels.train("global", [frames(0)], 3)
