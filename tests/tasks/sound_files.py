"""Recordings in files for the tests of tasks: low and high tones of different lengths, one folder a class."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 8000
HERTZ = {"high": 900.0, "low": 300.0}


def sound(label: str, number: int, rate: int = RATE) -> NDArray[np.float32]:
    """Return a tone with noise over it, of 0.2 to 0.3 s."""
    generator = np.random.default_rng([number, len(label)])
    time = np.arange(int(generator.uniform(0.2, 0.3) * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * HERTZ[label] * generator.uniform(0.9, 1.1) * time)
    return (tone + 0.02 * generator.standard_normal(len(time))).astype(np.float32)


def folder(root: Path, each: int = 12) -> Path:
    """Write `each` recordings of either class: root/high/00.wav ..."""
    for label in HERTZ:
        (root / label).mkdir(parents=True)
        for number in range(each):
            soundfile.write(root / label / f"{number:02d}.wav", sound(label, number), RATE)
    return root


def archive(path: Path, each: int = 12) -> Path:
    """Write the same recordings one after the other into an .npz, with offset, label, name and rate."""
    rows = [(label, number) for label in HERTZ for number in range(each)]
    clips = [np.round(sound(*row) * 32767).astype(np.int16) for row in rows]
    np.savez(
        path,
        audio=np.concatenate(clips),
        offset=np.cumsum([0, *map(len, clips)]),
        label=np.array([label for label, _ in rows]),
        rate=np.int32(RATE),
    )
    return path
