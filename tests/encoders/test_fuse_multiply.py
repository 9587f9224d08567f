"""Multiply: the product of the summaries, by hand."""

import torch
from fused import both, fuse_of

from seqloom.encoders.fuse_multiply import FuseMultiply


def test_the_product_of_both_summaries_is_all_there_is() -> None:
    fuse, memories = fuse_of("multiply"), both([3, 1], [2, 4])
    assert isinstance(fuse, FuseMultiply)
    one, other = (fuse.project[name](memory.summary).tanh() for name, memory in memories.items())
    fused = fuse(memories)
    torch.testing.assert_close(fused.summary, one * other, atol=1e-12, rtol=1e-12)
    assert fused.outputs.shape == (2, 1, 4) and torch.equal(fused.outputs[:, 0], fused.summary)
    assert fused.mask.all() and fused.parts == {}
