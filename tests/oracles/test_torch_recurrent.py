"""Forward numbers and gradients against nn.RNN, nn.LSTM and nn.GRU, deep, both ways, ragged by packing."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from seqloom.cells.interchange import load_torch, to_torch
from seqloom.encoders import build_encoder
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.tape import Tape

INPUT, SIZE = 3, 4
LENGTHS = (7, 2, 5, 1)
KINDS: dict[str, tuple[str, type[nn.RNNBase], dict[str, Any], dict[str, Any]]] = {
    "tanh": ("rnn", nn.RNN, {}, {}),
    "relu": ("rnn", nn.RNN, {"activation": "relu"}, {"nonlinearity": "relu"}),
    "lstm": ("lstm", nn.LSTM, {}, {}),
    "gru": ("gru", nn.GRU, {"reset": "after"}, {}),
}


def pair(name: str, layers: int, bidirectional: bool) -> tuple[RecurrentEncoder, nn.RNNBase]:
    """Make an encoder and torch's module with the same random weights."""
    kind, module, options, theirs = KINDS[name]
    torch.manual_seed(0)
    other = module(INPUT, SIZE, layers, batch_first=True, bidirectional=bidirectional, **theirs).double()
    with torch.no_grad():
        for weight in other.parameters():
            weight.copy_(torch.randn_like(weight) * 0.7)
    part = {"kind": kind, "size": SIZE, "layers": layers, "bidirectional": bidirectional, **options}
    encoder = build_encoder(part, INPUT).double()
    assert isinstance(encoder, RecurrentEncoder)
    for layer, way, cell in encoder.stack.each_cell():
        load_torch(cell, other.state_dict(), layer, way == "backwards")  # type: ignore[arg-type]
    return encoder, other


def gathered(encoder: RecurrentEncoder) -> dict[str, Tensor]:
    """Return the gradients of an encoder under torch's names."""
    found = {}
    for layer, way, cell in encoder.stack.each_cell():
        for ours, theirs in (("w_ih", "weight_ih"), ("w_hh", "weight_hh"), ("b_ih", "bias_ih"), ("b_hh", "bias_hh")):
            name = f"{theirs}_l{layer}" + ("_reverse" if way == "backwards" else "")
            found[name] = getattr(cell, ours).grad
    return found


@pytest.mark.parametrize("watched", [False, True], ids=["scan", "steps"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "bidirectional"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("name", KINDS)
def test_numbers_and_gradients_are_torchs(name: str, layers: int, bidirectional: bool, watched: bool) -> None:
    encoder, other = pair(name, layers, bidirectional)
    g = torch.Generator().manual_seed(1)
    x = torch.randn(len(LENGTHS), max(LENGTHS), INPUT, generator=g, dtype=torch.float64, requires_grad=True)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    slope = torch.randn(len(LENGTHS), max(LENGTHS), SIZE * (1 + bidirectional), generator=g, dtype=torch.float64)

    packed = pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    answer, ends = other(packed)
    assert isinstance(answer, PackedSequence)
    wanted, _ = pad_packed_sequence(answer, batch_first=True)
    states = ends if isinstance(ends, tuple) else (ends,)
    (wanted * slope).sum().add(sum(end.square().sum() for end in states)).backward()
    assert x.grad is not None
    wanted_x, x.grad = x.grad, None

    if watched:
        with Tape(encoder):
            memory, state = encoder(x, mask)
    else:
        memory, state = encoder(x, mask)
    ours = [
        torch.stack([state[str(layer)][way][part] for layer, way, _ in encoder.stack.each_cell()])
        for part in ("h", "c")[: len(states)]
    ]
    (memory.outputs * slope).sum().add(sum(end.square().sum() for end in ours)).backward()

    close = {"atol": 1e-12, "rtol": 1e-11}
    torch.testing.assert_close(memory.outputs, wanted, **close)
    torch.testing.assert_close(ours, list(states), **close)
    top = states[0][-2:] if bidirectional else states[0][-1:]
    torch.testing.assert_close(memory.summary, torch.cat(list(top), -1), **close)
    torch.testing.assert_close(x.grad, wanted_x, **close)
    torch.testing.assert_close(gathered(encoder), {n: w.grad for n, w in other.named_parameters()}, **close)


@pytest.mark.parametrize("name", KINDS)
def test_a_start_state_is_read_as_torch_reads_it(name: str) -> None:
    encoder, other = pair(name, 2, False)
    g = torch.Generator().manual_seed(2)
    x = torch.randn(3, 5, INPUT, generator=g, dtype=torch.float64)
    parts = ("h", "c") if name == "lstm" else ("h",)
    start = [torch.randn(2, 3, SIZE, generator=g, dtype=torch.float64) for _ in parts]
    wanted, _ = other(x, tuple(start) if name == "lstm" else start[0])
    state = {str(layer): {"forwards": {part: start[n][layer] for n, part in enumerate(parts)}} for layer in range(2)}
    memory, _ = encoder(x, torch.ones(3, 5, dtype=torch.bool), state)
    torch.testing.assert_close(memory.outputs, wanted, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("name", KINDS)
def test_weights_go_to_torch_and_come_back(name: str) -> None:
    encoder, other = pair(name, 2, True)
    fresh = KINDS[name][1](INPUT, SIZE, 2, batch_first=True, bidirectional=True, **KINDS[name][3]).double()
    weights: dict[str, Tensor] = {}
    for layer, way, cell in encoder.stack.each_cell():
        weights |= to_torch(cell, layer, way == "backwards")  # type: ignore[arg-type]
    fresh.load_state_dict(weights)
    x = torch.randn(2, 6, INPUT, dtype=torch.float64)
    assert torch.equal(fresh(x)[0], other(x)[0])
