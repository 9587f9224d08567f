"""The kept run of every task and the data that it is measured on."""

from pathlib import Path

import made_media
import make
import numpy as np

from seqloom.comparing.items import gatherer_of, items_of
from seqloom.comparing.measures import measure_of
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


def disagreements(run: Run, data: str | None) -> dict[str, tuple[float, float]]:
    """Return by metric what rows sum to and what evaluate says, where the two are not the same."""
    told = run.evaluate(data)
    known = gatherer_of(run, run.task.evaluation(data, lambda note: None, run.model.carries)).known
    found = {}
    for name in known:
        items = items_of(run, data, name)
        value = float(measure_of(name).value(items.stats.sum(0)))
        said = told.get(name, 0.0)  # of a type of span that is neither there nor told
        if not np.isclose(value, said, rtol=2e-5, atol=1e-7):
            found[name] = (value, said)
    assert len(known) > 1
    return found
