"""The kept run of every task and the data that it is measured on."""

from pathlib import Path

import made_media
import make

from seqloom.training.run import Run, load

KEPT = Path(__file__).resolve().parents[1] / "kept"
FILES = {
    "classify": "reviews.tsv",
    "language": "book.txt",
    "translate": "sentences.tsv",
    "transduce": "sounds.tsv",
    "tag": "slots.txt",
    "forecast": "months.csv",
    "regress": "curves.ts",
    "caption": "captions.tsv",
    "vqa": "questions.tsv",
    "transcribe": "sounds.npz",
}
"""What a kept run of each task is measured on, in the folder that `write` fills."""


def write(folder: Path) -> None:
    """Write all those files into a folder."""
    texts = {
        "reviews.tsv": make.reviews(),
        "book.txt": make.book(),
        "sentences.tsv": make.sentences(),
        "sounds.tsv": make.sounds(),
        "slots.txt": make.slots(),
        "months.csv": make.months(),
        "curves.ts": make.curves(),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    made_media.write(folder)


def kept(task: str) -> Run:
    """Return the kept run of a task."""
    return load(KEPT / f"format-1-{task}", say=lambda note: None)
