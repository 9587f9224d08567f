"""Seqloom's recurrent encoder, forward and backward: what every architecture with such an encoder runs.

The work is that of bench/peers/torch_recurrent.py; x is [batch, time, input], and ragged rows come with their mask.
"""

import torch
from answering import Once, Work, serve, sizes
from lengths import lengths
from seqloom_about import about

from seqloom.encoders import build_encoder
from seqloom.training.allocator import keep_blocks


def make(work: Work) -> Once:
    """Build an encoder of one layer and its batch."""
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    time, batch, width, size = sizes(work, "time", "batch", "input", "size")
    encoder = build_encoder({"kind": work["cell"], "size": size}, width).train()
    x = torch.randn(batch, time, width, requires_grad=work.get("hidden", True))
    back = torch.randn(batch, time, size)
    mask = torch.ones(batch, time, dtype=torch.bool)
    if "shortest" in work:
        mask = torch.arange(time) < torch.tensor(lengths(batch, work["shortest"], time)).unsqueeze(1)

    def once() -> None:
        encoder.zero_grad()
        x.grad = None
        with torch.autocast("cpu", torch.bfloat16, enabled=work.get("type") == "bfloat16"):
            memory, _ = encoder(x, mask)
        memory.outputs.backward(back.to(memory.outputs.dtype))

    return once


if __name__ == "__main__":
    keep_blocks()
    serve(about(), make)
