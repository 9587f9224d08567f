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
SENTENCES = ["개 3 마리가 달린다", "고양이 한 마리가 잔다", "개 99 마리가 잔다", "", "새"]
WORDS = ["가방", "나비", "바나나", "값", ""]
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


def sentences() -> str:
    """Return 60 sentences in Korean and English."""
    chosen = random.Random(3)
    beasts, deeds = {"개": "dogs", "고양이": "cats", "새": "birds"}, {"달린다": "run", "잔다": "sleep"}
    rows = ["ko\ten"]
    for _ in range(60):
        beast, deed, many = chosen.choice([*beasts]), chosen.choice([*deeds]), chosen.randint(2, 20)
        rows.append(f"{beast} {many} 마리가 {deed}\t{many} {beasts[beast]} {deeds[deed]}")
    return "\n".join(rows) + "\n"


def sounds() -> str:
    """Return 60 made-up words and their letters one by one."""
    chosen = random.Random(4)
    first, second = {"가": "k a", "나": "n a", "바": "p a", "비": "p i"}, {"방": "p a ŋ", "비": "p i", "나": "n a"}
    rows = ["word\tpronunciation"]
    for _ in range(60):
        begin, middle, end = chosen.choice([*first]), chosen.choice([*first]), chosen.choice([*second])
        rows.append(f"{begin}{middle}{end}\t{first[begin]} {first[middle]} {second[end]}")
    return "\n".join(rows) + "\n"


def translate() -> Run:
    """Train a translator: words, additive attention before the cell, a copy head, one vocabulary for both sides."""
    sides: dict[str, Any] = {
        "source": {"tokens": "word", "vocab": 60, "size": 8},
        "target": {"tokens": "word", "vocab": 60, "size": 8, "joint": True},
        "encoder": {"size": 8},
        "bridge": {"size": 8},
        "decoder": {"size": 12},
        "heads": {"words": {"kind": "copy"}},
        "decode": {"beam": 3, "length_penalty": "gnmt", "alpha": 0.6, "max_length": 12},
    }
    return fit(
        "translate",
        "sentences.tsv",
        arch="bahdanau",
        out="translate",
        columns={"source": "ko", "target": "en"},
        valid=0.0,
        steps=400,
        lr=0.01,
        schedule="constant",
        warmup=0,
        metric="loss",
        patience=None,
        save_every=1000,
        device="cpu",
        **sides,
    )


def transduce() -> Run:
    """Train letters to sounds: jamo to symbols, a small Transformer."""
    blocks = {"size": 12, "layers": 1, "heads": 2, "inner": 16}
    sides: dict[str, Any] = {
        "source": {"tokens": "jamo", "size": 12},
        "target": {"tokens": "symbol", "size": 12},
        "encoder": blocks,
        "bridge": {"heads": 2},
        "decoder": blocks,
    }
    return fit(
        "transduce",
        "sounds.tsv",
        arch="transformer",
        out="transduce",
        valid=0.0,
        steps=300,
        lr=0.01,
        schedule="constant",
        warmup=0,
        metric="loss",
        save_every=1000,
        device="cpu",
        **sides,
    )


def answered(run: Run) -> dict[str, Any]:
    """Return what a run was asked and what it answers."""
    if run.spec.task == "classify":
        found = [{"label": one.label, "probabilities": one.probabilities} for one in run.predict(ROWS)]
        return {"asked": ROWS, "answers": found}
    if run.spec.task == "language":
        return {"asked": LINES, "answers": [{"nats": one.nats, "tokens": one.tokens} for one in run.score(LINES)]}
    asked = SENTENCES if run.spec.task == "translate" else WORDS
    return {
        "asked": asked,
        "answers": [
            [{"text": one.text, "logprob": one.logprob, "score": one.score} for one in answer.hypotheses]
            for answer in run.predict(asked, best=2)
        ],
    }


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
    """Write format-N-TASK into a folder for each task, each with what it answers in a file beside."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(temporary)
        for name, text in {
            "reviews.tsv": reviews(),
            "book.txt": book(),
            "sentences.tsv": sentences(),
            "sounds.tsv": sounds(),
        }.items():
            Path(name).write_text(text, encoding="utf-8")
        for run in (classify(), language(), translate(), transduce()):
            place = folder / f"format-{FORMAT}-{run.spec.task}"
            run.save(str(place))
            (place.with_name(f"{place.name}.json")).write_text(
                json.dumps(answered(run), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent).resolve())
