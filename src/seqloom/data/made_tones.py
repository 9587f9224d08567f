"""Made tones: short melodies of seven notes, so that reading sound can be tried in minutes.

    FOLDER/train/clips/0001.wav    two to six tones with rests between, 8000 samples a second, 16 bits
    FOLDER/train/texts.tsv         path, text: the notes, "C E G"
    FOLDER/train/labels.tsv        path, label: up or down, from the first note to the last
    FOLDER/train/frames.tsv        path, labels: the note of every frame of 25 ms, one every 10 ms, or rest
    FOLDER/valid/                  the same of other melodies, a quarter as many

Whatever a melody is, it backwards is as likely, so that the set of its frames does not tell up from down. Tones differ
in length, loudness, colour (their overtones) and by up to a hundredth in pitch, and noise lies 30 decibels below them.
Everything follows from the seed. No melody of the valid part is one of the training part.
"""

import csv
import wave
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sound_features import Features
from seqloom.errors import InputError

RATE = 8000
"""Samples a second."""
NOTES = {"C": 523.25, "D": 587.33, "E": 659.26, "F": 698.46, "G": 783.99, "A": 880.0, "B": 987.77}
"""Hertz, of the fifth octave: a semitone is more than a bin of the spectrum there."""
REST = "rest"
COUNT = 2, 6
"""Notes of a melody, at least and at most."""
TONE, PAUSE = (0.12, 0.28), (0.04, 0.12)
"""Seconds of a tone and of a rest, at least and at most; a rest is before and after every tone."""
FADE = 0.01
"""Seconds in which a tone comes and goes, so that it does not click."""
DETUNED = 0.01
NOISE = 30.0
"""Decibels of noise below the tones."""
VALID = 4
"""One melody to validate on for so many of training."""
LEAST = 16
"""Melodies of training at least: fewer would not have every note."""


class Tone(NamedTuple):
    """One note and when it is heard, in samples from the start."""

    note: str
    begin: int
    end: int


class Clip(NamedTuple):
    """A recording [samples] from -1 to 1, and its tones."""

    samples: NDArray[np.float64]
    tones: list[Tone]

    @property
    def notes(self) -> list[str]:
        """The notes, in order."""
        return [tone.note for tone in self.tones]


def make(folder: Path, rows: int, seed: int) -> list[str]:
    """Write `rows` recordings to train on and a quarter as many to validate on; return command lines to try.

    Raises InputError for fewer than 16 recordings, and for a folder that holds something.
    """
    if rows < LEAST:
        raise InputError(f"--rows {rows}: at least {LEAST} melodies, or some note would hardly be in one.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: there is something already; name a folder that is new or empty.")
    rng = np.random.default_rng(seed)
    drawn: set[tuple[str, ...]] = set()
    for part, count in (("train", rows), ("valid", max(1, rows // VALID))):
        melodies: list[list[str]] = []
        while len(melodies) < count:
            melody = draw_melody(rng)
            if tuple(melody) not in drawn:
                melodies.append(melody)
        drawn |= {tuple(melody) for melody in melodies}
        _write(folder / part, [play(melody, rng) for melody in melodies])
    train, valid = (quote(str(folder / part)) for part in ("train", "valid"))
    return [
        f"seqloom train transcribe {train}/texts.tsv --valid {valid}/texts.tsv -s target.tokens=word "
        "-s source.size=64 -s fit.lr=0.003 --minutes 2",
        f"seqloom train classify {train}/labels.tsv --valid {valid}/labels.tsv --arch bigru --minutes 2",
        f"seqloom train tag {train}/frames.tsv --valid {valid}/frames.tsv --minutes 2",
    ]


def draw_melody(rng: np.random.Generator) -> list[str]:
    """Draw the notes of a melody, the last not the first."""
    names = list(NOTES)
    while True:
        melody = [names[one] for one in rng.integers(len(names), size=int(rng.integers(COUNT[0], COUNT[1] + 1)))]
        if melody[0] != melody[-1]:
            return melody


def play(melody: Sequence[str], rng: np.random.Generator) -> Clip:
    """Make a recording of a melody."""
    colour = 1 / np.arange(1, 4) ** rng.uniform(1, 3)  # how loud a tone and its overtones are
    loud = rng.uniform(0.1, 0.4)
    parts, tones, at = [np.zeros(_samples(PAUSE, rng))], [], 0
    for note in melody:
        at += len(parts[-1])
        time = np.arange(_samples(TONE, rng)) / RATE
        hertz = NOTES[note] * rng.uniform(1 - DETUNED, 1 + DETUNED)
        tone = sum(share * np.sin(2 * np.pi * hertz * (over + 1) * time) for over, share in enumerate(colour))
        left = np.minimum(time, time[::-1]) / FADE
        parts += [tone * np.minimum(left, 1) * loud / colour.sum(), np.zeros(_samples(PAUSE, rng))]
        tones.append(Tone(note, at, at + len(time)))
        at += len(time)
    samples = np.concatenate(parts)
    noise = rng.standard_normal(len(samples)) * loud * 10 ** (-NOISE / 20)
    return Clip(np.clip(samples + noise, -1, 1), tones)


def rising(notes: Sequence[str]) -> str:
    """Say whether the last note is above the first: up or down."""
    return "up" if NOTES[notes[-1]] > NOTES[notes[0]] else "down"


def by_frame(clip: Clip, features: Features) -> list[str]:
    """Return the note at the middle of each frame, or rest."""
    middles = np.arange(features.count(len(clip.samples))) * features.step + features.length // 2
    found = [REST] * len(middles)
    for tone in clip.tones:
        for frame in np.flatnonzero((middles >= tone.begin) & (middles < tone.end)):
            found[frame] = tone.note
    return found


def _samples(between: tuple[float, float], rng: np.random.Generator) -> int:
    return round(rng.uniform(*between) * RATE)


def _write(folder: Path, clips: Sequence[Clip]) -> None:
    """Write the recordings of one part, and the tables that name them."""
    (folder / "clips").mkdir(parents=True)
    names = [f"clips/{number:04d}.wav" for number in range(1, len(clips) + 1)]
    for name, clip in zip(names, clips, strict=True):
        with wave.open(str(folder / name), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(np.round(clip.samples * 32767).astype("<i2").tobytes())
    features = Features(RATE)
    for table, column, cells in (
        ("texts.tsv", "text", [" ".join(clip.notes) for clip in clips]),
        ("labels.tsv", "label", [rising(clip.notes) for clip in clips]),
        ("frames.tsv", "labels", [" ".join(by_frame(clip, features)) for clip in clips]),
    ):
        with (folder / table).open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, delimiter="\t", lineterminator="\n")
            rows.writerow(["path", column])
            rows.writerows(zip(names, cells, strict=True))
