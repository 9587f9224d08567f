"""Small data of every task, for what must work for all of them."""

from pathlib import Path
from typing import Any

import made_media
import make


def small_data(folder: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    """Write the files into a folder, and return by task what is read there and the options of `seqloom.fit` for it."""
    files = {"reviews.tsv": make.reviews, "book.txt": make.book, "sentences.tsv": make.sentences}
    files |= {"sounds.tsv": make.sounds, "slots.txt": make.slots, "months.csv": make.months, "curves.ts": make.curves}
    for name, made in files.items():
        (folder / name).write_text(made(), encoding="utf-8")
    made_media.write(folder)
    pairs = {"columns": {"source": "ko", "target": "en"}, "settings": ("source.tokens=word", "target.tokens=word")}
    pictures = {"settings": ("media.root=pictures.npz",), "valid": 0.2}
    spoken = {"columns": {"target": "text"}, "settings": ("target.tokens=word",), "valid": 0.2}
    return {
        "classify": ("reviews.tsv", {}),
        "regress": ("curves.ts", {}),
        "tag": ("slots.txt", {}),
        "language": ("book.txt", {}),
        "translate": ("sentences.tsv", pairs),
        "transduce": ("sounds.tsv", {}),
        "summarise": ("sentences.tsv", pairs),
        "chat": ("sentences.tsv", pairs),
        "transcribe": ("sounds.npz", spoken),
        "caption": ("captions.tsv", pictures),
        "vqa": ("questions.tsv", pictures),
        "forecast": ("months.csv", {"settings": ("series.horizon=4", "series.look_back=12")}),
    }
