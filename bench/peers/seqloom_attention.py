"""Seqloom's recurrent decoder with attention, forward and backward: the work of bench/peers/torch_attention.py."""

import torch
from answering import Once, Work, serve
from seqloom_about import about
from torch_attention import batch_of

from seqloom.bridges import build_bridge
from seqloom.bridges.bridge import Seen
from seqloom.decoders import build_decoder
from seqloom.memory import Memory
from seqloom.training.allocator import keep_blocks


def make(work: Work) -> Once:
    """Build one decoder and its batch."""
    torch.set_num_threads(work["threads"])
    words, memory, shown, back = batch_of(work)
    bridge = build_bridge({"kind": "attention", "score": "additive", "size": work["score"]}, Seen(work["memory"], 1))
    part = {"kind": work["cell"], "size": work["size"], "wiring": work["wiring"], "start": "zero"}
    if work["wiring"] == "luong":
        part["feed"] = work.get("feed", False)
    decoder = build_decoder(part, work["input"], bridge).train()
    mask = torch.ones(words.shape[:2], dtype=torch.bool)
    read = Memory(memory, shown, memory.new_zeros(len(memory), 1))

    def once() -> None:
        decoder.zero_grad()
        words.grad = memory.grad = None
        decoder(words, mask, None, read)[0].backward(back)

    return once


if __name__ == "__main__":
    keep_blocks()
    serve(about(), make)
