"""Reading after the cell, with input feeding and without, against the equations of the paper walked step by step."""

from typing import Any

import pytest
import torch
from wired import ATTENTION, CLOSE, INPUT, LENGTHS, MEMORY, SIZE, decoder_of, inputs, reading, seen, started

BRIDGES = [ATTENTION, {**ATTENTION, "coverage": True}, {"kind": "context"}]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("feed", [True, False], ids=["fed", "unfed"])
@pytest.mark.parametrize("bridge", BRIDGES, ids=["attention", "coverage", "context"])
def test_each_step_runs_then_reads_with_the_new_state(
    bridge: dict[str, Any], feed: bool, layers: int, cell: str
) -> None:
    decoder = decoder_of(bridge, kind=cell, layers=layers, wiring="luong", feed=feed)
    memory, x = seen(bridge), inputs()
    got, end = decoder(x, None, None, memory)
    states, read = started(decoder, memory), reading(decoder.wiring.reader, memory)  # type: ignore[union-attr]
    out: Any = decoder.wiring.out  # type: ignore[union-attr]
    attentional = torch.zeros(len(LENGTHS), SIZE, dtype=torch.float64)
    for t in range(x.shape[1]):
        h = torch.cat([x[:, t], attentional], -1) if feed else x[:, t]
        for layer in range(layers):
            h, states[layer] = decoder.stack.cell(layer, "forwards")(h, states[layer])
        attentional = (torch.cat([read(h), h], -1) @ out.weight.T + out.bias).tanh()
        torch.testing.assert_close(got[:, t], attentional, **CLOSE)
    for layer in range(layers):
        torch.testing.assert_close(end["stack"][str(layer)]["forwards"], states[layer], **CLOSE)
    assert ("fed" in end) == feed
    if feed:
        torch.testing.assert_close(end["fed"], attentional, **CLOSE)


def test_widths_follow_from_the_reader_and_from_feeding() -> None:
    fed: Any = decoder_of(ATTENTION, wiring="luong").wiring
    unfed: Any = decoder_of(ATTENTION, wiring="luong", feed=False).wiring
    assert (fed.feed, fed.input_size, unfed.input_size) == (True, INPUT + SIZE, INPUT)
    assert fed.out.weight.shape == unfed.out.weight.shape == (SIZE, MEMORY + SIZE)


def test_without_feeding_no_step_waits_for_another() -> None:
    decoder, memory, x = decoder_of(ATTENTION, wiring="luong", feed=False), seen(), inputs()
    wanted, _ = decoder(x, None, None, memory)

    def never(*_: object) -> None:
        raise AssertionError("the loop was taken")

    decoder.stack.step = never  # type: ignore[assignment, method-assign]
    assert torch.equal(decoder(x, None, None, memory)[0], wanted)
