"""Recurrent decoders over a small Memory in float64, and the pieces of which papers build theirs."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from seqloom.bridges import build_bridge
from seqloom.bridges.bridge import Bridge, Seen
from seqloom.decoders import build_decoder
from seqloom.decoders.recurrent import RecurrentDecoder
from seqloom.layers.reader import Reader
from seqloom.memory import Layout, Memory
from seqloom.state import State

INPUT, SIZE, MEMORY, SUMMARY = 2, 3, 4, 5
LENGTHS = (3, 1, 4)
CLOSE = {"atol": 1e-12, "rtol": 1e-11}
ATTENTION = {"kind": "attention", "score": "additive", "size": 6}


def bridge_of(part: dict[str, Any], final: Layout | None = None) -> Bridge:
    """Build a bridge over a Memory of the sizes here."""
    return build_bridge(part, Seen(MEMORY, SUMMARY, final))


def decoder_of(bridge: dict[str, Any] | None = None, final: Layout | None = None, **part: Any) -> RecurrentDecoder:
    """Build a decoder of GRUs, unless told otherwise, with random weights, for evaluation."""
    between = None if bridge is None else bridge_of(bridge, final)
    made = build_decoder({"kind": "gru", "size": SIZE, **part}, INPUT, between).double().eval()
    g = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn(weight.shape, generator=g, dtype=torch.float64) * 0.7)
    assert isinstance(made, RecurrentDecoder)
    return made


def seen(bridge: dict[str, Any] | None = None) -> Memory:
    """Return a Memory with an own number everywhere, as the bridge shows it."""
    g = torch.Generator().manual_seed(1)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    outputs = torch.randn(len(LENGTHS), max(LENGTHS), MEMORY, generator=g, dtype=torch.float64)
    summary = torch.randn(len(LENGTHS), SUMMARY, generator=g, dtype=torch.float64)
    memory = Memory(outputs * mask.unsqueeze(-1), mask, summary)
    return memory if bridge is None else bridge_of(bridge).view(memory)


def inputs(time: int = 4) -> Tensor:
    """Draw x [batch, time, input]."""
    g = torch.Generator().manual_seed(3)
    return torch.randn(len(LENGTHS), time, INPUT, generator=g, dtype=torch.float64)


def started(decoder: RecurrentDecoder, memory: Memory) -> list[State]:
    """Return, layer by layer, the start State that is projected from the summary: tanh for h, plain for c."""
    linear: Any = decoder.first.linear  # type: ignore[union-attr]
    made = memory.summary @ linear.weight.T + linear.bias
    found = []
    for _, _, cell in decoder.stack.each_cell():
        state = {}
        for part in cell.parts:
            piece, made = made[:, :SIZE], made[:, SIZE:]
            state[part] = piece.tanh() if part == "h" else piece
        found.append(state)
    return found


def reading(reader: Reader, memory: Memory) -> Callable[[Tensor], Tensor]:
    """Return what reads with one query [batch, size] after the other, and remembers for itself."""
    remembered = reader.start(memory)

    def read(query: Tensor) -> Tensor:
        nonlocal remembered
        context, remembered = reader(query.unsqueeze(1), reader.prepare(memory), memory, remembered)
        return context.squeeze(1)

    return read
