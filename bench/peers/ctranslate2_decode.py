"""CTranslate2 with a Transformer of random weights.

The work is that of bench/peers/seqloom_decode.py; its settings are `type`, `threads`, and `parallel`: how many parts of
the batch are translated side by side, each by a share of the threads.
"""

import tempfile
from functools import lru_cache
from typing import Any

import ctranslate2
import numpy as np
from answering import Once, Refused, Work, serve
from ctranslate2.specs import Activation, TransformerSpec
from sentences import LENGTH, SHAPES, Shape, sources


def make(work: Work) -> Once:
    """Load the model as its settings say."""
    if work["type"] not in ctranslate2.get_supported_compute_types("cpu"):
        raise Refused(f"{work['type']} is not there on this processor")
    parallel = work.get("parallel", 1)
    model = ctranslate2.Translator(
        written(work["shape"]).name,
        compute_type=work["type"],
        inter_threads=parallel,
        intra_threads=max(1, work["threads"] // parallel),
    )
    tokens = [[_token(one) for one in row] for row in sources(work["batch"])]

    def once() -> float:
        found = model.translate_batch(
            tokens,
            beam_size=work["beam"],
            max_batch_size=-(-len(tokens) // parallel),
            max_decoding_length=LENGTH,
            min_decoding_length=LENGTH,
            length_penalty=1,
        )
        return sum(len(one.hypotheses[0]) for one in found)

    return once


@lru_cache(maxsize=1)
def written(shape: str) -> tempfile.TemporaryDirectory[str]:
    """Write the model of a shape into a folder, which goes when the next shape or the end comes."""
    folder = tempfile.TemporaryDirectory()
    spec_of(SHAPES[shape]).save(folder.name)
    return folder


def _token(number: int) -> str:
    return {0: "<blank>", 1: "<s>", 2: "</s>", 4: "<unk>"}.get(number, f"t{number}")


def spec_of(shape: Shape) -> TransformerSpec:
    """Return a pre-norm model, every weight drawn at random."""
    layers, size = (shape.layers, shape.layers), shape.size
    spec = TransformerSpec.from_config(layers, shape.heads, pre_norm=True, activation=Activation.GELU)
    draw = np.random.default_rng(0)

    def weight(*sizes: int) -> Any:
        return (draw.standard_normal(sizes, dtype=np.float32) * sizes[-1] ** -0.5).astype(np.float32)

    def linear(part: Any, out: int, into: int) -> None:
        part.weight, part.bias = weight(out, into), np.zeros(out, np.float32)

    def norm(part: Any) -> None:
        part.gamma, part.beta = np.ones(size, np.float32), np.zeros(size, np.float32)

    for part in (spec.encoder.embeddings[0], spec.decoder.embeddings):
        part.weight = weight(shape.vocabulary, size)
    for side in (spec.encoder, spec.decoder):
        norm(side.layer_norm)
        for layer in side.layer:
            attentions = [layer.self_attention]
            linear(layer.self_attention.linear[0], 3 * size, size)
            if side is spec.decoder:
                attentions.append(layer.attention)
                linear(layer.attention.linear[0], size, size)
                linear(layer.attention.linear[1], 2 * size, size)
            for attention in attentions:
                linear(attention.linear[-1], size, size)
                norm(attention.layer_norm)
            linear(layer.ffn.linear_0, shape.inner, size)
            linear(layer.ffn.linear_1, size, shape.inner)
            norm(layer.ffn.layer_norm)
    linear(spec.decoder.projection, shape.vocabulary, size)
    spec.config.add_source_eos = False
    vocabulary = [_token(number) for number in range(shape.vocabulary)]
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.validate()
    spec.optimize()
    return spec


if __name__ == "__main__":
    serve(f"CTranslate2 {ctranslate2.__version__}", make)
