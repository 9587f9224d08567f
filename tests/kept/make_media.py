"""Make the small runs that read pictures and recordings: `python tests/kept/make_media.py [FOLDER [TASK ...]]` (beside
this file). See make.py."""

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from made_media import RATE, pictures, sounds, write

from seqloom.spec import FORMAT
from seqloom.training.run import Run, fit

ASKED = ("what colour is it?", "which way?")
NET: dict[str, Any] = {"kind": "cnn", "widths": [8, 16]}
PICTURES: dict[str, Any] = {"media": {"root": "pictures.npz"}, "valid": 0.0}


def caption() -> Run:
    """Train captions: a residual network with batch norm, additive attention, an LSTM."""
    parts: dict[str, Any] = {
        "source": {"size": 12, "front": {**NET, "norm": "batch"}},
        "target": {"size": 8},
        "bridge": {"size": 8},
        "decoder": {"size": 16},
        **PICTURES,
    }
    more: dict[str, Any] = {"steps": 120, "lr": 0.02, "batch_tokens": 192, "metric": "loss", "patience": None}
    return fit("caption", "captions.tsv", arch="show-attend-tell", out="caption", device="cpu", **more, **parts)


def vqa() -> Run:
    """Train answers: a residual network with group norm, a GRU on the question, both multiplied."""
    parts: dict[str, Any] = {
        "source": {"size": 12, "front": {**NET, "norm": "group"}},
        "beside": {"question": {"size": 6, "encoder": {"kind": "gru", "size": 8}}},
        "fuse": {"kind": "multiply", "size": 12},
        "heads": {"label": {"hidden": 12}},
        **PICTURES,
    }
    more: dict[str, Any] = {"steps": 120, "lr": 0.02, "batch_tokens": 192, "metric": "loss", "patience": None}
    return fit("vqa", "questions.tsv", arch="vqa-lstm", out="vqa", device="cpu", **more, **parts)


def transcribe() -> Run:
    """Train transcripts by CTC: mel bands with running levels, a causal convolution, a GRU."""
    parts: dict[str, Any] = {
        "audio": {"bands": 12, "normalise": "running"},
        "source": {"size": 12, "front": {"kind": "cnn1d", "layers": 1, "causal": True}},
        "target": {"tokens": "word"},
        "encoder": {"size": 16},
        "valid": 0.0,
    }
    more: dict[str, Any] = {"steps": 150, "lr": 0.02, "schedule": "constant", "warmup": 0, "metric": "loss"}
    columns = {"target": "text"}
    return fit("transcribe", "sounds.npz", arch="gru", out="transcribe", device="cpu", columns=columns, **more, **parts)


def rows(task: str) -> list[Any]:
    """Return what a run is asked: rows that it has not seen."""
    if task == "transcribe":
        return [(sound, RATE) for sound in sounds(6, seed=19)[0]]
    images = pictures(6, seed=18)[0]
    return [(image, question) for image in images for question in ASKED] if task == "vqa" else list(images)


def answered(run: Run) -> list[Any]:
    """Return what a run answers to them."""
    answers = run.predict(rows(run.spec.task))
    if run.spec.task == "vqa":
        return [{"label": one.label, "probabilities": one.probabilities} for one in answers]
    return [{"text": one.text, "logprob": one.hypotheses[0].logprob if one.hypotheses else None} for one in answers]


def main(folder: Path, only: Sequence[str]) -> None:
    """Write format-N-TASK into a folder for each task (or some), each with what it answers in a file beside."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(temporary)
        write(Path())
        for make in (caption, vqa, transcribe):
            if only and make.__name__ not in only:
                continue
            run = make()
            place = folder / f"format-{FORMAT}-{run.spec.task}"
            run.save(str(place))
            (place.with_name(f"{place.name}.json")).write_text(
                json.dumps({"answers": answered(run)}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent).resolve(), sys.argv[2:])
