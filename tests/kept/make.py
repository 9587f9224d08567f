"""Make the small runs that later versions must load: `python tests/kept/make.py [FOLDER [TASK ...]]` (beside
this file).

Run once a format and keep what it writes; a change of the code must not make them anew. Each run folder has beside
it a file of what the version that made it answers.
"""

import json
import math
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from seqloom.spec import FORMAT
from seqloom.training.run import Run, fit

ROWS = ["훌륭한 film", "별로 poor", "great great 영화", "", "모르는 말", "dull and dull and dull"]
SENTENCES = ["개 3 마리가 달린다", "고양이 한 마리가 잔다", "개 99 마리가 잔다", "", "새"]
WORDS = ["가방", "나비", "바나나", "값", ""]
SLOTS = ["fly to New York on 내일", "stay to Berlin on Monday", "서울", "비행 to York"]
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


def slots() -> str:
    """Return 60 sentences of slots with what is asked for."""
    chosen = random.Random(5)
    rows = []
    for _ in range(60):
        place, day = chosen.choice(["New:B-to York:I-to", "서울:B-to", "Paris:B-to"]), chosen.choice(["Monday", "내일"])
        intent, verb = chosen.choice([("fly", "fly"), ("stay", "stay"), ("fly", "비행")])
        rows.append(f"{verb}:O to:O {place} on:O {day}:B-day <=> {intent}")
    return "\n".join(rows) + "\n"


def months(count: int = 72) -> str:
    """Return a rising series with a season of 12 months."""
    chosen = random.Random(6)
    rows = ["month,visits"]
    for step in range(count):
        value = 100 + step + 20 * math.sin(step * math.pi / 6) + chosen.gauss(0, 2)
        rows.append(f"{2015 + step // 12}-{step % 12 + 1:02d},{value:.2f}")
    return "\n".join(rows) + "\n"


def curves(rows: int = 40) -> str:
    """Return short series of two channels with a number that is the slope of the first."""
    chosen = random.Random(7)
    lines = ["@problemName slopes", "@timeStamps false", "@univariate false", "@targetLabel true", "@data"]
    for _ in range(rows):
        slope, length = chosen.uniform(-1, 1), chosen.randint(4, 8)
        first = ",".join(f"{slope * step + chosen.gauss(0, 0.05):.3f}" for step in range(length))
        other = ",".join(f"{chosen.gauss(0, 1):.3f}" for _ in range(length))
        lines.append(f"{first}:{other}:{slope:.3f}")
    return "\n".join(lines) + "\n"


def tag() -> Run:
    """Train slots and intent together: words, letters by an LSTM, casing, a CRF."""
    sides: dict[str, Any] = {"source": {"size": 6, "letters": "lstm", "letters_size": 4}, "encoder": {"size": 6}}
    return fit("tag", "slots.txt", arch="bilstm", out="tag", steps=120, lr=0.03, device="cpu", **sides)


def forecast() -> Run:
    """Train forecasts step by step: a GRU, attention and a GRU, windows by their own scale, a normal distribution."""
    parts: dict[str, Any] = {
        "series": {"horizon": 4, "look_back": 12, "form": "sequence"},
        "source": {"size": 6},
        "target": {"size": 6},
        "encoder": {"size": 6},
        "bridge": {"size": 6},
        "decoder": {"size": 8},
        "heads": {"forecast": {"kind": "normal"}},
    }
    return fit("forecast", "months.csv", arch="bahdanau", out="forecast", steps=60, lr=0.02, device="cpu", **parts)


def regress() -> Run:
    """Train the slope of a series: two channels, quantiles."""
    parts: dict[str, Any] = {
        "source": {"size": 6},
        "encoder": {"size": 8},
        "heads": {"number": {"kind": "quantiles", "levels": [0.1, 0.5, 0.9]}},
    }
    return fit("regress", "curves.ts", arch="gru", out="regress", steps=60, lr=0.02, device="cpu", **parts)


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
    if run.spec.task == "tag":
        answers = run.predict(SLOTS, probabilities=True)
        return {
            "asked": SLOTS,
            "answers": [{"tags": one.tags, "label": one.label, "probabilities": one.probabilities} for one in answers],
        }
    if run.spec.task == "forecast":
        (next_,) = run.predict(["months.csv"], levels=[80.0])
        return {"times": next_.times, "point": next_.point.tolist(), "low": next_.low[80.0].tolist()}
    if run.spec.task == "regress":
        told = [one for _, one in run.predict_file("curves.ts", levels=[80.0])]
        return {"answers": [{"number": one.number, "interval": one.intervals[80.0]} for one in told]}
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


def main(folder: Path, only: Sequence[str]) -> None:
    """Write format-N-TASK into a folder for each task (or some), each with what it answers in a file beside."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(temporary)
        for name, text in {
            "reviews.tsv": reviews(),
            "book.txt": book(),
            "sentences.tsv": sentences(),
            "sounds.tsv": sounds(),
            "slots.txt": slots(),
            "months.csv": months(),
            "curves.ts": curves(),
        }.items():
            Path(name).write_text(text, encoding="utf-8")
        for make in (classify, language, translate, transduce, tag, forecast, regress):
            if only and make.__name__ not in only:
                continue
            run = make()
            place = folder / f"format-{FORMAT}-{run.spec.task}"
            run.save(str(place))
            (place.with_name(f"{place.name}.json")).write_text(
                json.dumps(answered(run), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent).resolve(), sys.argv[2:])
