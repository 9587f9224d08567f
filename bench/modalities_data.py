"""What rows of bench/modalities.py read beside the data folder: digits joined to strings, blocks of gestures, pictures
with a caption each."""

import gzip
import shutil
import subprocess
from pathlib import Path

import numpy as np
from board import SEQLOOM

from seqloom.data.made_motion import STEPS

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
STRINGS = {"train": 4000, "dev": 400}
SEED = 7
BLOCK = 5
"""Of the sequences of each gesture, in the order of the file, every fifth block of five is held out."""


def prepare(data: Path, folder: Path) -> None:
    """Make what is not there yet."""
    for part, count in STRINGS.items():
        path = folder / f"digits_{part}.npz"
        if not path.exists():
            join(data / "fsdd" / f"fsdd_{part}.npz", path, count)
    if not (folder / "gestures_train.txt").exists():
        blocks(data / "grufba3d" / "grufba_origin.txt.gz", folder)
    if not (folder / "motion").exists():
        subprocess.run([SEQLOOM, "make-data", "motion", str(folder / "motion.new"), "--rows", "800"], check=True)
        shutil.move(folder / "motion.new", folder / "motion")
    for part in ("train", "valid"):
        steady(folder / "motion" / part)


def join(source: Path, path: Path, count: int) -> None:
    """Join 3 to 7 clips of one speaker to a recording, 0 to 100 ms of silence between, from a seed.

    Training joins clips of the training takes, dev those of the dev takes: no clip is on both sides.
    """
    with np.load(source) as arrays:
        audio, offset, label, speaker = (arrays[name] for name in ("audio", "offset", "label", "speaker"))
        rate = int(arrays["rate"])
    rng = np.random.default_rng(SEED)
    names = sorted(set(speaker.tolist()))
    clips = {name: np.flatnonzero(speaker == name) for name in names}
    sounds, texts = [], []
    for _ in range(count):
        name = names[rng.integers(len(names))]
        chosen = rng.choice(clips[name], rng.integers(3, 8))
        parts = []
        for clip in chosen:
            parts += [audio[offset[clip] : offset[clip + 1]], np.zeros(rng.integers(0, rate // 10), audio.dtype)]
        sounds.append(np.concatenate(parts[:-1]))
        texts.append(" ".join(DIGITS[label[clip]] for clip in chosen))
    ends = np.cumsum([0, *map(len, sounds)])
    np.savez(path, audio=np.concatenate(sounds), offset=ends, rate=np.int32(rate), text=np.array(texts))


def steady(folder: Path) -> None:
    """Write the label of each frame of the films that keep their direction, which is that of the film."""
    rows = [line.split("\t") for line in (folder / "labels.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    lines = [f"{path}\t{' '.join([label] * STEPS)}\n" for path, label in rows]
    (folder / "steady.tsv").write_text("path\tlabels\n" + "".join(lines), encoding="utf-8")


def blocks(source: Path, folder: Path) -> None:
    """Cut the file of gestures into a training and a held-out part, by blocks of neighbours."""
    with gzip.open(source, "rt", encoding="utf-8") as file:
        sequences = [part + "end\n" for part in file.read().split("end\n") if part.strip()]
    held = [place // BLOCK % BLOCK == BLOCK - 1 for place in range(len(sequences))]
    for name, wanted in (("train", False), ("dev", True)):
        chosen = [one for one, out in zip(sequences, held, strict=True) if out is wanted]
        (folder / f"gestures_{name}.txt").write_text("".join(chosen), encoding="utf-8")
