"""Made tones: what is written is what is heard, from the seed alone, and order alone tells up from down."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.made_tones import NOTES, RATE, REST, by_frame, draw_melody, make, play, rising
from seqloom.data.media import Item
from seqloom.data.sound import floats, read_sound
from seqloom.data.sound_features import Features
from seqloom.errors import InputError


def table(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def made(folder: Path, seed: int = 7) -> list[str]:
    return make(folder, 40, seed)


def test_the_folder_is_what_its_header_says(tmp_path: Path) -> None:
    commands = made(tmp_path / "tones")
    for part, count in (("train", 40), ("valid", 10)):
        folder = tmp_path / "tones" / part
        texts, labels, frames = (table(folder / f"{name}.tsv") for name in ("texts", "labels", "frames"))
        assert [texts[0], labels[0], frames[0]] == [["path", "text"], ["path", "label"], ["path", "labels"]]
        assert len(texts) == count + 1
        for (path, text), (same, label), (again, cell) in zip(texts[1:], labels[1:], frames[1:], strict=True):
            assert path == same == again
            sound = read_sound(Item(path, file=folder / path))
            assert sound.rate == RATE and sound.samples.dtype == np.int16
            notes = cell.split()
            assert len(notes) == Features(RATE).count(len(sound.samples))
            heard = [now for before, now in pairwise([REST, *notes]) if now not in (REST, before)]
            assert heard == text.split() and label == rising(text.split())
    assert all(str(tmp_path / "tones") in line and line.startswith("seqloom train") for line in commands)


def test_the_seed_is_all_there_is(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        made(tmp_path / name, seed)
    content = {name: [path.read_bytes() for path in sorted((tmp_path / name).rglob("*.*"))] for name in ("a", "b", "c")}
    assert content["a"] == content["b"] and content["a"] != content["c"]


def test_no_melody_is_in_both_parts(tmp_path: Path) -> None:
    make(tmp_path / "x", 300, 1)
    train, valid = ({row[1] for row in table(tmp_path / "x" / part / "texts.tsv")[1:]} for part in ("train", "valid"))
    assert len(valid) > 60 and not train & valid


def test_every_tone_is_heard_at_its_place_and_pitch() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        clip = play(draw_melody(rng), rng)
        for tone in clip.tones:
            spectrum = np.abs(np.fft.rfft(clip.samples[tone.begin : tone.end], 1 << 15))
            hertz = spectrum.argmax() * RATE / (1 << 15)
            assert min(NOTES, key=lambda note: abs(NOTES[note] - hertz)) == tone.note
        quiet = clip.samples[: clip.tones[0].begin]
        assert np.abs(quiet).max() < 0.25 * np.abs(clip.samples).max()


def test_a_melody_backwards_is_as_likely() -> None:
    rng = np.random.default_rng(0)
    melodies = [draw_melody(rng) for _ in range(4000)]
    up = sum(rising(melody) == "up" for melody in melodies)
    assert abs(up / 4000 - 0.5) < 0.03 and all(rising(melody) != rising(melody[::-1]) for melody in melodies)
    for note in NOTES:  # a bag of notes tells nothing: a note is as often in those that rise as in those that fall
        shares = [
            np.mean([melody.count(note) / len(melody) for melody in melodies if rising(melody) == way])
            for way in ("up", "down")
        ]
        assert abs(shares[0] - shares[1]) < 0.02


def test_frames_and_samples_agree() -> None:
    rng = np.random.default_rng(3)
    clip = play(["C", "B"], rng)
    labels = by_frame(clip, Features(RATE))
    first = labels.index("C")
    assert abs(first * 80 + 100 - clip.tones[0].begin) <= 80 and set(labels) == {"C", "B", REST}
    assert np.abs(floats(clip.samples)).max() <= 1


def test_what_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 16 melodies"):
        make(tmp_path / "few", 15, 7)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.txt").write_text("mine")
    with pytest.raises(InputError, match="there is something already"):
        made(tmp_path / "there")
