"""Multi-head attention over a Memory against torch's nn.MultiheadAttention, masks and gradients included."""

import re

import pytest
import torch
from readers import CLOSE, LENGTHS, MEMORY, mixtures, queries, read, reader, seen
from torch import Tensor, nn

from seqloom.bridges.multihead import MultiHead
from seqloom.errors import InputError
from seqloom.tape import Tape

SIZE, HEADS = 6, 2
FULL = [row for row, length in enumerate(LENGTHS) if length]
"""Rows with something to see; torch answers NaN for the others."""


def torchs(made: MultiHead) -> nn.MultiheadAttention:
    """Return torch's module with the same weights; it has a bias on keys, which the softmax cannot see."""
    other = nn.MultiheadAttention(SIZE, HEADS, kdim=MEMORY, vdim=MEMORY, batch_first=True).double()
    with torch.no_grad():
        other.q_proj_weight.copy_(made.query.weight)
        other.k_proj_weight.copy_(made.key.weight)
        other.v_proj_weight.copy_(made.value.weight)
        other.in_proj_bias.copy_(torch.cat([made.query.bias, torch.randn(SIZE).double(), made.value.bias]))
        other.out_proj.weight.copy_(made.out.weight)
        other.out_proj.bias.copy_(made.out.bias)
    return other


@pytest.mark.parametrize("watched", [False, True], ids=["fused", "open"])
def test_numbers_and_gradients_are_torchs(watched: bool) -> None:
    made = reader("multihead", query=SIZE, heads=HEADS)
    assert isinstance(made, MultiHead)
    other, query, memory = torchs(made), queries(size=SIZE), seen()
    wanted, weights = other(
        query[FULL], memory.outputs[FULL], memory.outputs[FULL], ~memory.mask[FULL], average_attn_weights=False
    )
    if watched:
        with Tape(made) as tape:
            got, _ = read(made, query, memory)
        torch.testing.assert_close(tape["weights"][FULL], weights.detach(), **CLOSE)
        assert not tape["weights"][2].any(), "the row that is empty"
    else:
        got, _ = read(made, query, memory)
    torch.testing.assert_close(got[FULL], wanted, **CLOSE)
    ours = [query, memory.outputs, made.query.weight, made.key.weight, made.value.weight, made.out.weight]
    theirs = [*ours[:2], other.q_proj_weight, other.k_proj_weight, other.v_proj_weight, other.out_proj.weight]
    slopes = torch.autograd.grad(got[FULL].pow(3).sum(), [*ours, made.query.bias, made.value.bias])
    expected = torch.autograd.grad(wanted.pow(3).sum(), [*theirs, other.in_proj_bias])
    torch.testing.assert_close(slopes[:6], expected[:6], **CLOSE)
    torch.testing.assert_close(slopes[6], expected[6][:SIZE], **CLOSE)
    torch.testing.assert_close(slopes[7], expected[6][2 * SIZE :], **CLOSE)


@pytest.mark.parametrize("watched", [False, True], ids=["fused", "open"])
@pytest.mark.parametrize("scale", [True, False], ids=["scaled", "plain"])
def test_the_root_of_a_heads_width_divides_unless_switched_off(scale: bool, watched: bool) -> None:
    made = reader("multihead", size=SIZE, heads=HEADS, scale=scale)
    query, memory = queries(), seen()
    if watched:
        with Tape(made):
            got, _ = read(made, query, memory)
    else:
        got, _ = read(made, query, memory)
    root, heads = (3**0.5 if scale else 1.0), []
    for head in range(HEADS):
        here = slice(head * 3, head * 3 + 3)

        def score(place: int, q: Tensor, k: Tensor, here: slice = here) -> Tensor:
            return (made.query.weight @ q + made.query.bias)[here] @ (made.key.weight @ k)[here] / root

        weights, _ = mixtures(score, query, memory)
        heads.append(weights @ (memory.outputs @ made.value.weight.T + made.value.bias)[..., here])
    torch.testing.assert_close(got, torch.cat(heads, -1) @ made.out.weight.T + made.out.bias, **CLOSE)


def test_dropout_is_on_the_weights_in_training_alone() -> None:
    made, query, memory = reader("multihead", heads=1, dropout=0.5), queries(), seen()
    assert torch.equal(read(made, query, memory)[0], read(made, query, memory)[0])
    made.train()
    assert not torch.equal(read(made, query, memory)[0], read(made, query, memory)[0])
    with torch.no_grad():
        made.out.weight.copy_(torch.eye(3))
        made.out.bias.zero_()
        made.value.weight.zero_()
        made.value.bias.fill_(1.0)
    torch.manual_seed(0)
    got, _ = read(made, query, memory)
    assert got[3].unique().tolist() == [0.0, 2.0], "of one place all or nothing, and what is kept is scaled up"


def test_sizes_and_their_defaults() -> None:
    made = MultiHead(4, MEMORY)
    assert made.heads == 4 and made.query.weight.shape == (4, 4) and made.key.weight.shape == (4, MEMORY)
    assert made.output_size == 4 and made.projects and made.asks and not made.remembers
    assert MultiHead(4, MEMORY, size=8).output_size == 4
    with pytest.raises(InputError, match=re.escape("score multihead: heads=4 must divide size=6.")):
        MultiHead(4, MEMORY, size=6)
