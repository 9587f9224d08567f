"""JoeyNMT's own training, from its files on, held after every update.

The work: vocabulary, size, heads, layers, inner, and the `tokens` of a batch, padding included.
"""

import logging
import tempfile
from pathlib import Path
from typing import Any

import joeynmt
import multi30k
import torch
from answering import Turns, Work
from joeynmt.training import TrainManager, train

EVER = 10**9


def main() -> None:
    """Train until nobody asks for more."""
    turns = Turns(f"JoeyNMT {joeynmt.__version__} on torch {torch.__version__}")
    work = turns.work(None if multi30k.there() else f"there is no {multi30k.PLACE.name}: set SEQLOOM_DATA")
    torch.set_num_threads(work["threads"])
    logging.disable(logging.INFO)
    seen = [0]
    plain = TrainManager._train_step

    def step(manager: Any, batch: Any) -> Any:
        if seen[0]:
            turns.did(seen[0])  # the batch before: its update came after its step
        seen[0] = int(batch.ntokens)
        return plain(manager, batch)

    TrainManager._train_step = step
    with tempfile.TemporaryDirectory() as folder:
        multi30k.write(Path(folder))
        train(rank=0, world_size=0, cfg=config(work, Path(folder)), skip_test=True)


def config(work: Work, folder: Path) -> dict[str, Any]:
    """Return the config of a Transformer of the work's sizes, as JoeyNMT's own examples have it."""
    side = {"level": "word", "voc_limit": work["vocabulary"], "voc_min_freq": 1, "max_length": 100}
    layers = {
        "type": "transformer",
        "num_layers": work["layers"],
        "num_heads": work["heads"],
        "embeddings": {"embedding_dim": work["size"], "scale": True, "dropout": 0.0},
        "hidden_size": work["size"],
        "ff_size": work["inner"],
        "dropout": 0.1,
        "layer_norm": "pre",
    }
    return {
        "name": "speed",
        "model_dir": str(folder),
        "use_cuda": False,
        "random_seed": 7,
        "data": {
            "train": str(folder / "train"),
            "dev": str(folder / "dev"),
            "dataset_type": "plain",
            "src": {"lang": "en", **side},
            "trg": {"lang": "de", **side},
        },
        "testing": {"beam_size": 1, "batch_size": 32, "batch_type": "sentence", "max_output_length": 40},
        "training": {
            "optimizer": "adam",
            "learning_rate": 1e-4,
            "scheduling": "warmupinversesquareroot",
            "clip_grad_norm": 1.0,
            "batch_size": work["tokens"],
            "batch_type": "token",
            "normalization": "tokens",
            "label_smoothing": 0.0,
            "epochs": EVER,
            "validation_freq": EVER,
            "logging_freq": EVER,
            "overwrite": True,
        },
        "model": {
            "initializer": "xavier_uniform",
            "bias_initializer": "zeros",
            "embed_initializer": "xavier_uniform",
            "tied_embeddings": False,
            "tied_softmax": True,
            "encoder": layers,
            "decoder": layers,
        },
    }


if __name__ == "__main__":
    main()
