"""Seqloom decoding with the weights of a seed.

The work: `arch` (transformer, or attention: a bidirectional LSTM read by additive attention into an LSTM), `shape` of
a Transformer, batch, beam, `precision` of the weights.
"""

import torch
from answering import Once, Work, serve
from sentences import LENGTH, SHAPES, sources
from seqloom_about import about

from seqloom.batch import Batch
from seqloom.build import Wiring, build
from seqloom.data.batches import pad
from seqloom.decoding.packed_model import packed_model
from seqloom.decoding.settings import Settings
from seqloom.decoding.writer import decode
from seqloom.model import SequenceModel
from seqloom.presets import preset
from seqloom.spec import parse
from seqloom.training.allocator import keep_blocks


def model_of(work: Work) -> SequenceModel:
    """Build the model of some work."""
    torch.manual_seed(0)
    shape = SHAPES[work["shape"]]
    if work["arch"] == "attention":
        parts = preset("bahdanau", "sequence")
        for side in ("encoder", "decoder"):
            parts[side] |= {"kind": "lstm", "size": shape.size}
        parts |= {"source": {"size": shape.size}, "target": {"size": shape.size}}
    else:
        parts = preset("transformer", "sequence")
        for side in ("encoder", "decoder"):
            parts[side] |= {"size": shape.size, "heads": shape.heads, "layers": shape.layers, "inner": shape.inner}
        parts |= {"source": {"size": shape.size}, "target": {"size": shape.size, "tie": True}}
        parts["bridge"] |= {"heads": shape.heads}
    spec = parse({"task": "translate", "heads": {"words": {"kind": "tokens"}}, **parts})
    return build(spec, Wiring(source=shape.vocabulary, target=shape.vocabulary)).eval()


def make(work: Work) -> Once:
    """Build the model and its sentences."""
    torch.set_num_threads(work["threads"])
    model = packed_model(model_of(work), work["precision"])
    settings = Settings(beam=work["beam"], min_length=LENGTH - 1, max_length=LENGTH)
    batch = Batch({"source": pad(sources(work["batch"]))})

    def once() -> float:
        return sum(len(one[0].token_logprobs) for one in decode([model], batch, settings))

    return once


if __name__ == "__main__":
    keep_blocks()
    serve(about(), make)
