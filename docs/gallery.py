"""Draw docs/gallery: pictures of models that were trained on real data.

    python docs/gallery.py RUNS     RUNS is a folder with the runs shakespeare, nsmc, bahdanau, transformer and fsdd

How each was trained stands in bench/results (foundation, seq2seq, modalities); docs/gallery/README.md names the rows.
"""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import seqloom
from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.heads.numbers import NumberShape
from seqloom.report.drawing import as_png
from seqloom.report.figures import Figure, Line, Lines
from seqloom.studies import puzzles
from seqloom.studies.learning import learn, model_of, numbers
from seqloom.tape import Tape

FOLDER = Path(__file__).parent / "gallery"
DATA = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[2] / "shared" / "data"))
REVIEW = "배우들의 연기는 정말 좋았지만 이야기가 너무 지루해서 끝까지 보기 힘들었다"
SENTENCE = "ein kleines mädchen klettert in ein spielhaus aus holz."
LENGTH = 100
COLOURS = 64
"""Of each picture, so that the files are small."""


def draw(name: str, figure: Figure) -> None:
    """Write one picture."""
    picture = Image.open(io.BytesIO(as_png(figure))).convert("RGB").quantize(COLOURS)
    picture.save(FOLDER / f"{name}.png", optimize=True)
    print(f"wrote {name}.png: {figure.title}")


def chosen(figures: Sequence[Figure], *words: str) -> Figure:
    """Return the first figure whose title holds all of some words. Raises ValueError where none does."""
    for figure in figures:
        if all(word in figure.title.lower() for word in words):
            return figure
    raise ValueError(f"no figure of {words}: {[figure.title for figure in figures]}")


def shakespeare(run: Any) -> None:
    """Draw the unit that follows how far a line has come, over a stretch of the play."""
    text = (DATA / "tinyshakespeare" / "input_first95.txt").read_text(encoding="utf-8")[-900:]
    view = run.explain(text[text.index("\n") + 1 :], views=["states"])["states"]
    table, line, marked = view.figures[:3]
    for name, figure in {"patterns": table, "line": line, "text": marked}.items():
        draw(f"shakespeare-{name}", figure)
    for name, found in view.facts["patterns"].items():
        print(f"  {name}: unit {found['unit']} of {found['path']}, r = {found['r']:.2f}, chance {found['chance']:.2f}")


def adding() -> None:
    """Draw how strongly the loss depends on the state at each step of the adding problem, before and after training."""
    lines = []
    for cell in ("rnn", "lstm", "gru"):
        model = model_of(
            Wiring(features=2, numbers={"value": NumberShape()}),
            seed=7,
            source={"tokens": "series", "size": 32},
            encoder={"kind": cell, "size": 64},
            heads={"value": {"kind": "point"}},
        )
        for when in ("before", "after"):
            if when == "after":
                learn(model, lambda g: puzzles.adding(g, 32, LENGTH), seed=7, steps=600, lr=2e-3)
            norms = _flow(model, puzzles.adding(numbers(7, 1), 64, LENGTH))
            lines.append(Line(f"{cell}, {when} training", np.arange(1.0, LENGTH + 1), norms, group=cell))
    title = f"Gradient flow on the adding problem, {LENGTH} steps: dL/dh_t by that of the last step"
    caption = "Mean over 64 rows; 600 updates of 32 rows. 1: the error at the end reaches this step undiminished."
    draw("adding-gradients", Lines(title, lines, "step", "norm by the last one", y_scale="log", caption=caption))


def _flow(model: Any, batch: Batch) -> Any:
    """Return the norm of dL/dh_t at each step, by that of the last: [time]."""
    with Tape(model, only="encoder.*.h", grad=True) as tape:
        total, count = model.loss(model(batch)[0], batch)["value"]
        (total / count).backward()
    (path,) = tape
    norms = tape[path].grad.norm(dim=-1).mean(0)  # type: ignore[union-attr]
    model.zero_grad(set_to_none=True)
    return (norms / norms[-1]).double().numpy()


def main(runs: Path) -> None:
    """Draw every picture."""
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    load = {name: seqloom.load(runs / name) for name in ("shakespeare", "nsmc", "bahdanau", "transformer", "fsdd")}
    adding()
    shakespeare(load["shakespeare"])
    for method in ("integrated", "occlusion"):
        found = load["nsmc"].explain(REVIEW, views=["saliency"], options={"saliency": {"method": method}})
        print(f"  {found.about}")
        draw(f"nsmc-{method}", found["saliency"].figures[0])
    for name, run in (("bahdanau", load["bahdanau"]), ("transformer", load["transformer"])):
        found = run.explain(SENTENCE, views=["attention"])
        print(f"  {found.about}")
        figures = found["attention"].figures
        if name == "bahdanau":
            draw("multi30k-bahdanau", chosen(figures, "looking at what was read"))
            continue
        draw("multi30k-transformer-cross", chosen(figures, "decoder layer 3", "looking at what was read", "mean"))
        draw("multi30k-transformer-self", chosen(figures, "encoder layer 1", "head 1"))
        draw("multi30k-transformer-rollout", chosen(figures, "rollout of the decoder over what was read"))
        draw("multi30k-transformer-entropy", chosen(figures, "evenly"))
    sound = sorted((DATA / "fsdd" / "sample_wav").glob("*.wav"))[0]
    found = load["fsdd"].explain(str(sound), views=["gates"])
    print(f"  {found.about}")
    for name, words in {
        "gates": ("forwards", ": z"),
        "highway": ("forwards", "highway"),
        "memory": ("remember",),
    }.items():
        draw(f"fsdd-{name}", chosen(found["gates"].figures, *words))
    together("why", ("nsmc-integrated", "multi30k-bahdanau"))


def together(name: str, parts: Sequence[str]) -> None:
    """Put pictures under one another."""
    pictures = [Image.open(FOLDER / f"{part}.png").convert("RGB") for part in parts]
    whole = Image.new("RGB", (max(one.width for one in pictures), sum(one.height for one in pictures)), "white")
    at = 0
    for one in pictures:
        whole.paste(one, (0, at))
        at += one.height
    whole.quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
