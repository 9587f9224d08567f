"""Concat: every step of every input in its slice, and one matrix over the summaries joined."""

import torch
from fused import both, fuse_of

from seqloom.encoders.fuse_concat import FuseConcat


def test_the_steps_of_each_input_stand_in_a_slice_of_their_own() -> None:
    fuse, memories = fuse_of("concat"), both([3, 1], [2, 4], wider=1)
    fused = fuse(memories)
    assert fused.parts == {"source": slice(0, 4), "question": slice(4, 10)}
    assert isinstance(fuse, FuseConcat)
    for name, place in fused.parts.items():
        assert torch.equal(fused.mask[:, place], memories[name].mask)
        wanted = fuse.project[name](memories[name].outputs)
        assert torch.equal(fused.outputs[:, place][fused.mask[:, place]], wanted[memories[name].mask])


def test_the_summary_is_one_matrix_over_both_summaries() -> None:
    fuse, memories = fuse_of("concat"), both([3, 1], [2, 4])
    assert isinstance(fuse, FuseConcat)
    parts = [fuse.project[name] for name in memories]
    matrix = torch.cat([part.weight for part in parts], 1)  # type: ignore[list-item]
    joined = torch.cat([memory.summary for memory in memories.values()], 1)
    wanted = (joined @ matrix.T + sum(part.bias for part in parts)).tanh()  # type: ignore[operator,misc]
    torch.testing.assert_close(fuse(memories).summary, wanted, atol=1e-12, rtol=1e-12)
