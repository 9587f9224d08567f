"""Seqloom's training from a file on, as `seqloom train translate` has it, held after every update.

The work is that of bench/peers/joeynmt_run.py, and `precision`, fp32 or bf16.
"""

import tempfile
from pathlib import Path
from typing import Any

import multi30k
import torch
from answering import Turns, Work
from seqloom_about import about

from seqloom.build import build
from seqloom.metrics import higher_is_better
from seqloom.tasks import task_class
from seqloom.training.events import Step
from seqloom.training.loop import train
from seqloom.training.run import plan

EVER = 10**9


def main() -> None:
    """Train until nobody asks for more."""
    turns = Turns(about())
    work = turns.work(None if multi30k.there() else f"there is no {multi30k.PLACE.name}: set SEQLOOM_DATA")
    torch.set_num_threads(work["threads"])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        multi30k.write(folder)
        spec, _ = plan("translate", str(folder / "train.tsv"), arch="transformer", options=options(work))
        task = task_class("translate").learn(spec, print)
        torch.manual_seed(7)
        model = build(spec, task.wiring())
        data, _ = task.training(print, False)

        def no_meter() -> Any:
            raise AssertionError("nothing is validated here")

        read = 0
        events = train(model, data, None, no_meter, spec.fit, folder / "run", higher_is_better=higher_is_better)
        for event in events:
            if isinstance(event, Step):
                turns.did(event.tokens - read)
                read = event.tokens


def options(work: Work) -> dict[str, Any]:
    """Return what differs from the preset."""
    shape = {key: work[key] for key in ("size", "layers", "heads", "inner")} | {"activation": "relu"}
    side = {"tokens": "word", "vocab": work["vocabulary"], "size": work["size"]}
    return {
        "source": side,
        "target": side,
        "encoder": shape,
        "decoder": shape,
        "bridge": {"heads": work["heads"]},
        "data": {"valid": 0.0},
        "fit": {
            "optimizer": "adam",
            "lr": 1e-4,
            "batch_tokens": work["tokens"],
            "precision": work["precision"],
            "patience": None,
            "steps": EVER,
            "save_every": EVER,
            "schedule": "constant",
            "device": "cpu",
        },
    }


if __name__ == "__main__":
    main()
