"""Seqloom's recurrent encoder read one step at a time, its State kept by the caller.

The work: `cell` (gru, lstm), size (of the inputs too), steps.
"""

import torch
from answering import Once, Work, serve
from seqloom_about import about

from seqloom.encoders import build_encoder


def make(work: Work) -> Once:
    """Build an encoder of one layer."""
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    size, steps = work["size"], work["steps"]
    encoder = build_encoder({"kind": work["cell"], "size": size}, size).eval()
    x = torch.randn(1, size)

    def once() -> float:
        live = encoder.live()
        for _ in range(steps):
            live.push(x)
        return steps

    return once


if __name__ == "__main__":
    serve(about(), make)
