"""transformers' generate with a Marian model of random weights.

The work is that of bench/peers/seqloom_decode.py; its settings are `threads` and `type` of the weights.
"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is fetched: the model is made here

import torch
import transformers
from answering import Once, Work, serve
from sentences import BOS, EOS, LENGTH, PAD, SHAPES, padded, sources
from transformers import GenerationConfig, MarianConfig, MarianMTModel


def make(work: Work) -> Once:
    """Build the model and its sentences."""
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    shape = SHAPES[work["shape"]]
    sides = {f"{side}_layers": shape.layers for side in ("encoder", "decoder")}
    sides |= {f"{side}_attention_heads": shape.heads for side in ("encoder", "decoder")}
    sides |= {f"{side}_ffn_dim": shape.inner for side in ("encoder", "decoder")}
    config = MarianConfig(
        vocab_size=shape.vocabulary,
        decoder_vocab_size=shape.vocabulary,
        d_model=shape.size,
        **sides,
        max_position_embeddings=128,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
        decoder_start_token_id=BOS,
        forced_eos_token_id=None,
        activation_function="gelu",
    )
    model = MarianMTModel(config).eval().to(getattr(torch, work["type"]))
    asked = GenerationConfig(
        num_beams=work["beam"],
        max_new_tokens=LENGTH,
        min_new_tokens=LENGTH,
        do_sample=False,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=BOS,
    )
    ids = torch.tensor(padded(sources(work["batch"])))

    def once() -> float:
        with torch.inference_mode():
            written = model.generate(ids, attention_mask=(ids != PAD).long(), generation_config=asked)
        return written[:, 1:].numel()

    return once


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    serve(f"transformers {transformers.__version__} on torch {torch.__version__}", make)
