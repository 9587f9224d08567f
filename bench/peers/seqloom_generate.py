"""Seqloom's `run.generate` after one update of training. The work is that of bench/peers/torch_generate.py.

The text has as many characters as the peers' vocabulary, so that the sizes agree but for the special tokens.
"""

import tempfile
from pathlib import Path

import torch
from answering import Once, Work, serve
from eager_models import CONTEXT, EMBEDDED, HEADS, LAYERS, SIZE
from seqloom_about import about

import seqloom

FIRST = 0x4E00
"""Where the characters begin: all of one class, none that a text file treats in a way of its own."""


def make(work: Work) -> Once:
    """Train for one update and keep the Run."""
    torch.set_num_threads(work["threads"])
    letters = "".join(chr(FIRST + number) for number in range(work["vocabulary"]))
    decoder = {"kind": "lstm", "size": work["size"]}
    target = {"size": EMBEDDED}
    if work["arch"] == "gpt":
        decoder = {"kind": "transformer", "size": SIZE, "layers": LAYERS, "heads": HEADS, "max_positions": CONTEXT}
        target = {"size": SIZE}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        text.write_text("\n".join([letters] * 40), encoding="utf-8")
        run = seqloom.fit(
            "language",
            str(text),
            out=str(Path(folder) / "run"),
            decoder=decoder,
            target=target,
            steps=1,
            window=CONTEXT,
        )

    def once() -> float:
        return sum(1 for piece in run.generate(letters[0], length=work["length"], top=0) if piece.id >= 0)

    return once


if __name__ == "__main__":
    serve(about(), make)
