"""Attention: who sees whom, in the open and fused, and what is left for a query that sees nothing."""

import math

import grid
import pytest
import torch
from grid import Case, close
from torch import Tensor

from seqloom.layers.attention import SelfAttention
from seqloom.ops.attend import apply, attend, weights
from seqloom.tape import Tape

CASES = [one for one in grid.ENCODER_CASES if one.kind == "transformer"]
WRITERS = [one for one in grid.DECODER_CASES if one.kind == "transformer"]
LENGTHS = (6, 2, 0, 4)


def heads(seed: int, time: int = 6, rows: int = 4) -> list[Tensor]:
    g = torch.Generator().manual_seed(seed)
    return [
        torch.randn(rows, 2, time, 4, generator=g, dtype=torch.float64, requires_grad=True) for _ in range(3)
    ]  # query, key, value [batch, heads, time, size]


def by_hand(query: Tensor, key: Tensor, value: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """Mix query by query over the steps each may see: weights [batch, heads, target, source] and the mixture."""
    weight, mixed = query.new_zeros(*query.shape[:3], key.shape[2]), torch.zeros_like(query)
    for b, h, t in torch.cartesian_prod(*(torch.arange(n) for n in query.shape[:3])).tolist():
        seen = visible[b, t].nonzero().squeeze(1)
        if len(seen):
            score = (key[b, h, seen] @ query[b, h, t]) / math.sqrt(query.shape[-1])
            e = score.exp()
            weight[b, h, t, seen] = (e / e.sum()).detach()
            mixed[b, h, t] = ((e / e.sum()).unsqueeze(1) * value[b, h, seen]).sum(0).detach()
    return weight, mixed


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_the_fused_and_the_open_path_are_the_definition(causal: bool) -> None:
    query, key, value = heads(1)
    _, mask = grid.joined(grid.vectors(LENGTHS))
    seen = torch.ones(6, 6, dtype=torch.bool).tril().expand(4, 6, 6) if causal else mask[:, None, :].expand(4, 6, 6)
    visible = None if causal else mask[:, None, None, :]
    wanted_weight, wanted = by_hand(query, key, value, seen)
    weight = weights(query, key, visible, causal)
    close(weight.detach(), wanted_weight)
    opened, fused = apply(weight, value, 0.0), attend(query, key, value, visible, causal, 0.0)
    close(opened.detach(), wanted)
    close(fused.detach(), wanted)
    slopes = [torch.autograd.grad(one.square().sum(), (query, key, value)) for one in (opened, fused)]
    close(slopes[0], slopes[1])


@pytest.mark.parametrize("drop", [0.0, 0.5])
def test_a_query_that_sees_nothing_gets_zeros_and_finite_gradients(drop: float) -> None:
    query, key, value = heads(2)
    visible = torch.ones(4, 1, 6, 6, dtype=torch.bool)
    visible[0] = False
    visible[1, :, 2] = False
    for out in (
        attend(query, key, value, visible, False, drop),
        apply(weights(query, key, visible, False), value, drop),
    ):
        assert not out[0].any() and not out[1, :, 2].any()
        assert out[1, :, 3].any() and out[2].any()
        slopes = torch.autograd.grad(out.square().sum() + out.sum(), (query, key, value), retain_graph=True)
        assert all(slope.isfinite().all() for slope in slopes)
        assert not any(slope[0].any() for slope in slopes)


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_recorded_weights_share_out_one_over_what_is_visible(case: Case, training: bool) -> None:
    encoder = grid.encoder_of(case, dropout=0.3).train(training)
    x, mask = grid.joined(grid.vectors(LENGTHS), width=7, junk=1)
    with Tape(encoder, only="*.weights") as tape:
        encoder(x, mask)
    assert len(tape) == case.given.get("layers", 1)
    for weight in tape.values():
        assert weight.shape == (4, 2, 7, 7)
        close(weight.sum(-1), mask[:, None, :].expand(4, 2, 7).double())
        assert not weight[~(mask[:, None, :, None] & mask[:, None, None, :]).expand_as(weight)].any()
        assert (weight[(mask[:, None, :, None] & mask[:, None, None, :]).expand_as(weight)] > 0).all()


@pytest.mark.parametrize("case", WRITERS, ids=str)
def test_recorded_weights_of_a_writer_look_back_only(case: Case) -> None:
    decoder = grid.decoder_of(case)
    x, mask = grid.joined(grid.vectors(LENGTHS), junk=1)
    with Tape(decoder, only="*.weights") as tape:
        decoder(x, mask)
    for weight in tape.values():
        close(weight.sum(-1), mask[:, None, :].expand(4, 2, 6).double())
        past = torch.ones(6, 6, dtype=torch.bool).tril() & mask[:, None, :, None]
        assert not weight[~past.expand_as(weight)].any()
        assert (weight[past.expand_as(weight)] > 0).all()


@pytest.mark.parametrize("case", WRITERS, ids=str)
def test_weights_of_a_writer_in_steps_are_those_of_the_whole(case: Case) -> None:
    decoder = grid.decoder_of(case)
    x = grid.vectors([7])[0][None]
    with Tape(decoder, only="*.weights") as whole:
        decoder(x, None)
    with Tape(decoder, only="*.weights") as stepped:
        _, state = decoder(x[:, :3], None)
        for t in range(3, 7):
            _, state = decoder(x[:, t : t + 1], None, state)
    assert list(stepped) == list(whole)
    for name, weight in whole.items():
        got = stepped[name]
        assert not got[..., 7:].any(), "the room of a cache that is not used yet"
        close(got[..., :7], weight)


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("rotary", [False, True], ids=["plain", "rotary"])
def test_weights_equal_those_computed_by_hand(causal: bool, rotary: bool) -> None:
    torch.manual_seed(0)
    layer = SelfAttention(8, 2, 0.0, rotary).double()
    grid.scramble(layer)
    x, mask = grid.joined(grid.vectors(LENGTHS, size=8))
    position = torch.arange(6).expand(4, 6)
    with Tape(layer) as tape:
        y, _ = layer(x, mask, position, causal)
    seen = (
        (torch.ones(6, 6, dtype=torch.bool).tril() & mask[:, :, None]) if causal else mask[:, None, :] & mask[..., None]
    )

    def shares(part: torch.nn.Linear, turn: bool) -> Tensor:
        bias = 0 if part.bias is None else part.bias
        out = (x @ part.weight.T + bias).unflatten(-1, (2, 4)).transpose(1, 2).clone()
        if not turn:
            return out
        plane = torch.view_as_complex(torch.stack([out[..., :2], out[..., 2:]], -1).contiguous())
        angle = torch.arange(6)[:, None] * torch.tensor([1.0, 10000 ** (-2 / 4)], dtype=torch.float64)
        plane = plane * torch.polar(torch.ones_like(angle), angle)
        return torch.cat([plane.real, plane.imag], -1)

    query, key, value = shares(layer.query, rotary), shares(layer.key, rotary), shares(layer.value, False)
    weight, mixed = by_hand(query, key, value, seen)
    close(tape["weights"], weight)
    close(y[mask], (mixed.transpose(1, 2).flatten(2) @ layer.out.weight.T + layer.out.bias)[mask])
    fused, _ = layer(x, mask, position, causal)
    close(fused[mask], y[mask])
