"""Laws of every fuse: a row is its own, padding is invisible, every weight learns, both are heard."""

import pytest
import torch
from fused import SIZE, WIDTHS, both, fuse_of, row, valid

from seqloom.encoders.fuses import FUSES, build_fuse
from seqloom.errors import InputError
from seqloom.memory import Memory

SOURCES, QUESTIONS = [3, 1, 4, 0], [2, 4, 1, 3]


@pytest.mark.parametrize("wider", [0, 3])
@pytest.mark.parametrize("kind", FUSES)
def test_a_row_is_what_it_is_alone_and_padding_is_zero(kind: str, wider: int) -> None:
    fuse, memories = fuse_of(kind), both(SOURCES, QUESTIONS, wider)
    fused = fuse(memories)
    assert fused.outputs.shape[-1] == fused.summary.shape[-1] == fuse.output_size == SIZE
    assert fused.mask.shape == fused.outputs.shape[:2] and not fused.outputs[~fused.mask].any()
    for number in range(len(SOURCES)):
        alone = fuse(row(memories, number))
        torch.testing.assert_close(valid(fused, number), valid(alone, 0), atol=1e-12, rtol=1e-12)
        torch.testing.assert_close(fused.summary[number], alone.summary[0], atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("kind", FUSES)
def test_noise_in_padding_changes_nothing_and_hears_nothing(kind: str) -> None:
    fuse, memories = fuse_of(kind), both(SOURCES, QUESTIONS, 2)
    wanted = fuse(memories)
    loud, given = {}, []
    for name, memory in memories.items():
        noise = torch.randn(memory.outputs.shape, dtype=torch.float64) * (~memory.mask).unsqueeze(-1)
        given.append(((memory.outputs + noise).requires_grad_(), memory.mask))
        loud[name] = Memory(given[-1][0], memory.mask, memory.summary)
    got = fuse(loud)
    torch.testing.assert_close((got.outputs, got.summary), (wanted.outputs, wanted.summary), atol=1e-12, rtol=1e-12)
    (got.outputs.square().sum() + got.summary.square().sum()).backward()
    assert all(values.grad is None or not values.grad[~mask].any() for values, mask in given)


@pytest.mark.parametrize("reads", ["summary", "outputs"])
@pytest.mark.parametrize("kind", FUSES)
def test_every_weight_learns_whichever_of_the_memory_is_read(kind: str, reads: str) -> None:
    fuse = fuse_of(kind)
    getattr(fuse(both([3, 4], [2, 3])), reads).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in fuse.parameters())


@pytest.mark.parametrize("kind", FUSES)
def test_both_inputs_are_heard_and_no_state_survives(kind: str) -> None:
    fuse, memories = fuse_of(kind), both(SOURCES, QUESTIONS)
    wanted = fuse(memories)
    assert wanted.final is None
    for name, other in both([4, 2, 3, 1], [3, 1, 2, 4]).items():
        changed = fuse({**memories, name: other})
        assert not torch.isclose(changed.summary, wanted.summary).all(1).any(), f"{name} is in every summary"


@pytest.mark.parametrize("kind", FUSES)
def test_a_fused_memory_is_reordered_with_its_rows(kind: str) -> None:
    fused = fuse_of(kind)(both(SOURCES, QUESTIONS))
    moved = fused.reorder(torch.tensor([2, 2, 0]))
    assert torch.equal(moved.outputs, fused.outputs[[2, 2, 0]]) and moved.parts == fused.parts


def test_an_unknown_kind_or_option_is_told() -> None:
    with pytest.raises(InputError, match="unknown fuse 'multipy'; did you mean 'multiply'"):
        build_fuse({"kind": "multipy"}, WIDTHS)
    with pytest.raises(InputError, match="fuse concat has no option 'hops'"):
        build_fuse({"kind": "concat", "hops": 2}, WIDTHS)
