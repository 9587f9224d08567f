"""Recordings that the tests make: each letter is a tone of its own with a pause after it, and a manifest of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 8000
TONES = {"a": 400.0, "b": 900.0, "c": 1600.0}
LONG, PAUSE = 0.12, 0.05
"""Seconds of a tone, and of the pause after it."""


def spoken(text: str, seed: int = 0) -> NDArray[np.int16]:
    """Return the samples of a text: a word's letters close to one another, a longer pause for a space."""
    rng = np.random.default_rng(seed)
    parts = [np.zeros(int(0.03 * RATE))]
    for letter in text:
        if letter == " ":
            parts.append(np.zeros(int(0.15 * RATE)))
            continue
        time = np.arange(int(LONG * RATE)) / RATE
        parts += [0.3 * np.sin(2 * np.pi * TONES[letter] * time), np.zeros(int(PAUSE * RATE))]
    samples = np.concatenate(parts)
    samples = samples + rng.normal(0, 0.002, len(samples))
    return np.round(samples * 32767).astype(np.int16)


def recorded(folder: Path, texts: Sequence[str], name: str = "list.tsv", seed: int = 0) -> Path:
    """Write a recording of each text, and a manifest of all."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["path\ttext"]
    for row, text in enumerate(texts):
        file = f"{name.removesuffix('.tsv')}-{row:03}.wav"
        soundfile.write(folder / file, spoken(text, seed + row), RATE, subtype="PCM_16")
        lines.append(f"{file}\t{text}")
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def drawn(rows: int, seed: int, longest: int = 4) -> list[str]:
    """Draw texts of up to `longest` letters."""
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(TONES), rng.integers(1, longest + 1))) for _ in range(rows)]
