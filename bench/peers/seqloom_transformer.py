"""Seqloom's training loop over the preset transformer: an update is what `seqloom train` does for one.

The work is that of bench/peers/torch_transformer.py; the same batches, Adam and clipping.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from answering import Once, Work, serve, sizes
from made_pairs import batches, padded
from seqloom_about import about

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.presets import preset
from seqloom.spec import parse
from seqloom.training.events import Step
from seqloom.training.loop import train

EVER = 10**9
PRECISIONS = {"float32": "fp32", "bfloat16": "bf16"}


class Given:
    """The batches of every epoch, in their order."""

    carries = False

    def __init__(self, ready: list[Batch]) -> None:
        self._ready = ready

    def order(self, epoch: int) -> Sequence[Any]:
        """Return the keys of an epoch's batches."""
        return range(len(self._ready))

    def load(self, key: Any) -> Batch:
        """Return one batch."""
        return self._ready[key]


def batch_of(rows: list[tuple[list[int], list[int]]]) -> Batch:
    """Turn rows into what the task `translate` makes of them; its tokens are those of the target."""
    source, target = (torch.tensor(padded([row[side] for row in rows])) for side in (0, 1))
    heard, wanted = target[:, :-1], target[:, 1:]
    there = wanted != 0
    inputs = {"source": Field(source, source != 0), "target": Field(heard.contiguous(), there)}
    return Batch(inputs, {"words": Field(wanted.contiguous(), there)}, tokens=int(there.sum()))


def make(work: Work) -> Once:
    """Start the loop, and hold it after each update."""
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    vocabulary, size, heads, layers, inner = sizes(work, "vocabulary", "size", "heads", "layers", "inner")
    shape = {"size": size, "layers": layers, "heads": heads, "inner": inner}
    parts, kind = preset("transformer", "sequence"), work.get("type", "float32")
    parts = {
        **parts,
        "source": {"size": size},
        "target": {"size": size, "tie": True},
        "encoder": {**parts["encoder"], **shape},
        "decoder": {**parts["decoder"], **shape},
        "bridge": {**parts["bridge"], "heads": heads},
        "heads": {"words": {"kind": "tokens"}},
        "fit": {"steps": EVER, "save_every": EVER, "optimizer": "adam", "lr": 1e-4, "precision": PRECISIONS[kind]},
    }
    spec = parse({"task": "translate", **parts})
    model = build(spec, Wiring(source=vocabulary, target=vocabulary))
    data = Given([batch_of(rows) for rows in batches(4, work["rows"], vocabulary)])

    def no_meter() -> Any:
        raise AssertionError("nothing is validated here")

    folder = tempfile.TemporaryDirectory()
    events = train(model, data, None, no_meter, spec.fit, Path(folder.name), higher_is_better=lambda name: False)
    read = [0]

    def once() -> float:
        assert folder  # held as long as the loop
        event = next(one for one in events if isinstance(one, Step))
        before, read[0] = read[0], event.tokens
        return event.tokens - before

    return once


if __name__ == "__main__":
    serve(about(), make)
