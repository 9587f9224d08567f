"""CTranslate2 with a Transformer of the sizes of bench/decoding.py and random weights.

    python bench/peers/ctranslate2_model.py float32|int8

A peer of bench/decoding.py, which talks to it in lines of JSON; needs `pip install ctranslate2`.
"""

import sys
import tempfile

import ctranslate2
import numpy as np
from ctranslate2.specs import Activation, TransformerSpec
from serving import VOCABULARY, Turn, serve, sources

SIZE, HEADS, LAYERS, INNER = 256, 4, 3, 1024


def main(kind: str) -> None:
    """Write the model into a folder that goes away, then answer."""
    with tempfile.TemporaryDirectory() as folder:
        _spec().save(folder)
        models = {
            threads: ctranslate2.Translator(folder, compute_type=kind, inter_threads=1, intra_threads=threads)
            for threads in (1, 2)
        }
    tokens = [[_token(one) for one in row] for row in sources(32)]

    def write(turn: Turn) -> list[int]:
        found = models[turn.threads].translate_batch(
            tokens[: turn.batch],
            beam_size=turn.beam,
            max_decoding_length=turn.length,
            min_decoding_length=turn.length,
            length_penalty=1,
        )
        return [len(one.hypotheses[0]) for one in found]

    serve(f"CTranslate2 {ctranslate2.__version__}", write)


def _token(number: int) -> str:
    return {0: "<blank>", 1: "<s>", 2: "</s>", 4: "<unk>"}.get(number, f"t{number}")


def _spec() -> TransformerSpec:
    """Return a pre-norm model, every weight drawn at random."""
    spec = TransformerSpec.from_config((LAYERS, LAYERS), HEADS, pre_norm=True, activation=Activation.GELU)
    draw = np.random.default_rng(0)

    def weight(*shape: int) -> np.ndarray:
        return (draw.standard_normal(shape) * shape[-1] ** -0.5).astype(np.float32)

    def linear(part: object, out: int, into: int) -> None:
        part.weight, part.bias = weight(out, into), np.zeros(out, np.float32)

    def norm(part: object) -> None:
        part.gamma, part.beta = np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)

    embeddings = [spec.encoder.embeddings[0], spec.decoder.embeddings]
    for part in embeddings:
        part.weight = weight(VOCABULARY, SIZE)
    for side in (spec.encoder, spec.decoder):
        norm(side.layer_norm)
        for layer in side.layer:
            attentions = [layer.self_attention]
            linear(layer.self_attention.linear[0], 3 * SIZE, SIZE)
            if side is spec.decoder:
                attentions.append(layer.attention)
                linear(layer.attention.linear[0], SIZE, SIZE)
                linear(layer.attention.linear[1], 2 * SIZE, SIZE)
            for attention in attentions:
                linear(attention.linear[-1], SIZE, SIZE)
                norm(attention.layer_norm)
            linear(layer.ffn.linear_0, INNER, SIZE)
            linear(layer.ffn.linear_1, SIZE, INNER)
            norm(layer.ffn.layer_norm)
    linear(spec.decoder.projection, VOCABULARY, SIZE)
    spec.config.add_source_eos = False
    vocabulary = [_token(number) for number in range(VOCABULARY)]
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.validate()
    spec.optimize()
    return spec


if __name__ == "__main__":
    main(sys.argv[1])
