"""Readers: encoders that differ in how they see order, each with a label told of the whole row.

A CNN reads symbols as one-hot vectors, by the front that reads the bands of a recording, and the largest value over
steps (Kim 2014, arXiv:1408.5882); all others read embeddings.
"""

from dataclasses import replace
from typing import Any

from torch.nn.functional import one_hot

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.fronts.front import MediaShape
from seqloom.model import SequenceModel
from seqloom.studies.learning import model_of

BLIND = ("bag", "mlp", "attention, no positions")
PLACED = ("attention, sinusoidal", "attention, learned", "attention, rotary")
OTHERS = ("cnn", "rnn", "gru")
READERS = (*BLIND, *PLACED, *OTHERS)
"""Every reader: those that should be blind to order, attention that is told positions, and those that go in order."""


def reader(name: str, vocabulary: int, labels: int, size: int, seed: int, placed: bool = True) -> SequenceModel:
    """Build a reader of a width for ids of a vocabulary; `placed` False: attention is told no positions, whatever its
    name says."""
    told = [str(number) for number in range(labels)]
    wiring = Wiring(source=vocabulary, labels={"label": (told, [1] * labels)})
    source: dict[str, Any] = {"tokens": "symbol", "size": size}
    head: dict[str, Any] = {"kind": "label"}
    encoder: dict[str, Any] = {"kind": name}
    if name == "cnn":
        wiring = replace(wiring, source=None, media=MediaShape("audio", (vocabulary,)))
        source = {"tokens": "audio", "size": size, "front": {"kind": "cnn1d", "kernel": 3, "stride": 1}}
        encoder, head = {"kind": "bag"}, {"kind": "label", "reads": "max"}
    elif name.startswith("attention"):
        kind = name.removeprefix("attention, ").removeprefix("no positions") or "none"
        shape = {"kind": "transformer", "layers": 2, "heads": 4, "dropout": 0.0}
        encoder = {**shape, "size": size, "positions": kind if placed else "none"}
    elif name != "bag":
        encoder["size"] = size
    return model_of(wiring, seed=seed, source=source, encoder=encoder, heads={"label": head})


def fed(name: str, batch: Batch, vocabulary: int) -> Batch:
    """Return a batch of ids as a reader is given it."""
    if name != "cnn":
        return batch
    source = batch.inputs["source"]
    return replace(batch, inputs={"source": replace(source, values=one_hot(source.values, vocabulary).float())})
