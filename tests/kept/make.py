"""Make the small runs that later versions must load: `python tests/kept/make.py [FOLDER]` (beside this file).

Run once a format and keep what it writes; a change of the code must not make them anew. Each run folder has beside
it a file of what the version that made it answers.
"""

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from seqloom.spec import FORMAT
from seqloom.training.run import Run, fit

ROWS = ["훌륭한 film", "별로 poor", "great great 영화", "", "모르는 말", "dull and dull and dull"]
LINES = ["hello", "하늘 바다", "the world and the sea", "", "zebra"]


def reviews() -> str:
    """Return 60 reviews of three labels."""
    chosen = random.Random(1)
    words = {"좋음": ["훌륭한", "great"], "나쁨": ["지루한", "dull"], "보통": ["그저", "so-so"]}
    rows = ["text\tlabel"]
    for number in range(60):
        label = list(words)[number % 3]
        rows.append(" ".join(chosen.choices([*words[label], "film", "영화"], k=5)) + f" {number}\t{label}")
    return "\n".join(rows) + "\n"


def book() -> str:
    """Return 40 lines of a few words."""
    chosen = random.Random(2)
    return "\n".join(" ".join(chosen.choices(["hello", "world", "하늘", "바다"], k=5)) for _ in range(40)) + "\n"


def classify() -> Run:
    """Train a classifier: words, both directions, attention over steps."""
    sides: dict[str, Any] = {"source": {"tokens": "word", "vocab": 60, "size": 6}, "encoder": {"size": 6}}
    head = {"label": {"reads": "attention"}}
    return fit(
        "classify", "reviews.tsv", arch="bilstm", out="classify", steps=40, lr=0.03, device="cpu", heads=head, **sides
    )


def language() -> Run:
    """Train a language model: characters, two layers, tied."""
    sides: dict[str, Any] = {"target": {"size": 10, "tie": True}, "decoder": {"size": 12, "layers": 2}}
    return fit(
        "language",
        "book.txt",
        arch="gru",
        out="language",
        steps=60,
        lr=0.03,
        window=16,
        batch_tokens=128,
        device="cpu",
        **sides,
    )


def main(folder: Path) -> None:
    """Write format-N-classify and format-N-language into a folder, each with answers.json beside."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(temporary)
        Path("reviews.tsv").write_text(reviews(), encoding="utf-8")
        Path("book.txt").write_text(book(), encoding="utf-8")
        for run in (classify(), language()):
            place = folder / f"format-{FORMAT}-{run.spec.task}"
            run.save(str(place))
            answers: Any
            if run.spec.task == "classify":
                answers = [{"label": one.label, "probabilities": one.probabilities} for one in run.predict(ROWS)]
                asked = ROWS
            else:
                answers, asked = [{"nats": one.nats, "tokens": one.tokens} for one in run.score(LINES)], LINES
            record = {"asked": asked, "answers": answers}
            (place.with_name(f"{place.name}.json")).write_text(
                json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent).resolve())
