"""Sounds that the tests make: tones, and files of them, whole and broken."""

import struct
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 8000


def tone(seconds: float = 0.5, hertz: float = 440.0, rate: int = RATE, loud: float = 0.3) -> NDArray[np.float32]:
    """Return a tone [samples]."""
    return (loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(samples: int, seed: int = 0, loud: float = 0.1) -> NDArray[np.float32]:
    """Return white noise [samples]."""
    return (np.random.default_rng(seed).standard_normal(samples) * loud).astype(np.float32)


def written(path: Path, samples: NDArray[np.float32], rate: int = RATE, subtype: str | None = None) -> Path:
    """Write a file of the format that its name says."""
    formats = {"opus": ("OGG", "OPUS"), "ogg": ("OGG", "VORBIS")}
    kind, usual = formats.get(path.suffix[1:], (None, None))
    soundfile.write(path, samples, rate, subtype=subtype or usual, format=kind)
    return path


def promising(path: Path, samples: int, there: int, order: str = "<") -> Path:
    """Write a WAV of 16 bits whose header promises `samples` and whose data has `there`."""
    data = (tone(there / RATE) * 32767).astype(order + "i2").tobytes()
    format = struct.pack(order + "HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    riff = {"<": b"RIFF", ">": b"RIFX"}[order] + struct.pack(order + "I", 36 + 2 * samples) + b"WAVE"
    head = b"fmt " + struct.pack(order + "I", 16) + format + b"data" + struct.pack(order + "I", 2 * samples)
    path.write_bytes(riff + head + data)
    return path
