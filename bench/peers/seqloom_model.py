"""Seqloom's own side of bench/decoding.py: a preset with the weights of its seed.

python bench/peers/seqloom_model.py transformer|bahdanau
"""

import sys

import torch
from serving import VOCABULARY, Turn, serve, sources

import seqloom
from seqloom.batch import Batch
from seqloom.build import Wiring, build
from seqloom.data.batches import pad
from seqloom.decoding.settings import Settings
from seqloom.decoding.writer import decode
from seqloom.presets import preset
from seqloom.spec import parse
from seqloom.training.allocator import keep_blocks


def main(arch: str) -> None:
    """Answer bench/decoding.py."""
    keep_blocks()
    torch.manual_seed(0)
    parts = {"task": "translate", "heads": {"words": {"kind": "tokens"}}, **preset(arch, "sequence")}
    model = build(parse(parts), Wiring(source=VOCABULARY, target=VOCABULARY)).eval()

    def write(turn: Turn) -> list[int]:
        torch.set_num_threads(turn.threads)
        batch = Batch({"source": pad(sources(turn.batch))})
        settings = Settings(beam=turn.beam, min_length=turn.length - 1, max_length=turn.length)
        return [len(one[0].token_logprobs) for one in decode([model], batch, settings)]

    serve(f"Seqloom {seqloom.__version__} on torch {torch.__version__}", write)


if __name__ == "__main__":
    main(sys.argv[1])
