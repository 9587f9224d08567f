"""Draw docs/gallery: pictures of models that were trained on real data.

    python docs/gallery.py RUNS     RUNS is a folder with the runs shakespeare, nsmc, bahdanau, transformer and fsdd

How each was trained stands in bench/results (foundation, seq2seq, modalities); docs/gallery/README.md names the rows.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

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


def draw(name: str, figure: Figure) -> None:
    """Write one picture."""
    (FOLDER / f"{name}.png").write_bytes(as_png(figure))
    print(f"wrote {name}.png: {figure.title}")


def chosen(figures: Sequence[Figure], *words: str) -> Figure:
    """Return the first figure whose title holds all of some words. Raises ValueError where none does."""
    for figure in figures:
        if all(word in figure.title.lower() for word in words):
            return figure
    raise ValueError(f"no figure of {words}: {[figure.title for figure in figures]}")


def shakespeare(run: Any) -> None:
    """Draw the unit that follows quotes or the place in a line, on text that the model was not trained on."""
    text = (DATA / "tinyshakespeare" / "input_first95.txt").read_text(encoding="utf-8")[-1500:]
    view = run.explain(text, views=["states"])["states"]
    for number, figure in enumerate(view.figures[:4]):
        draw(f"shakespeare-states-{number + 1}", figure)
    print(view.facts)


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
    for number, method in enumerate(("ig", "occlusion")):
        found = load["nsmc"].explain(REVIEW, views=["saliency"], options={"saliency": {"method": method}})["saliency"]
        draw(f"nsmc-saliency-{number + 1}", found.figures[0])
    for name in ("bahdanau", "transformer"):
        for number, figure in enumerate(load[name].explain(SENTENCE, views=["attention"])["attention"].figures):
            draw(f"multi30k-{name}-{number + 1}", figure)
    sound = sorted((DATA / "fsdd" / "sample_wav").glob("*.wav"))[0]
    for number, figure in enumerate(load["fsdd"].explain(str(sound), views=["gates"])["gates"].figures):
        draw(f"fsdd-gates-{number + 1}", figure)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
