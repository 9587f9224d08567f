"""Reading before the cell, against the equations of the paper walked step by step."""

from typing import Any

import pytest
import torch
from wired import ATTENTION, CLOSE, INPUT, MEMORY, SIZE, SUMMARY, decoder_of, inputs, reading, seen, started

LOCATION = {"kind": "attention", "score": "location", "size": 6, "filters": 2, "kernel": 3}
BRIDGES = [ATTENTION, {**ATTENTION, "coverage": True}, LOCATION, {"kind": "context"}]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bridge", BRIDGES, ids=["attention", "coverage", "location", "context"])
def test_each_step_reads_with_the_last_state_then_runs(bridge: dict[str, Any], layers: int, cell: str) -> None:
    decoder = decoder_of(bridge, kind=cell, layers=layers, wiring="bahdanau", residual=True)
    memory, x = seen(bridge), inputs()
    got, end = decoder(x, None, None, memory)
    states, read = started(decoder, memory), reading(decoder.wiring.reader, memory)  # type: ignore[union-attr]
    out: Any = decoder.wiring.out  # type: ignore[union-attr]
    for t in range(x.shape[1]):
        context = read(states[-1]["h"])
        below = given = torch.cat([x[:, t], context], -1)
        for layer in range(layers):
            y, states[layer] = decoder.stack.cell(layer, "forwards")(below, states[layer])
            below = y + below if layer else y  # the bottom layer's input is wider than its output
        wanted = (torch.cat([below, given], -1) @ out.weight.T + out.bias).tanh()
        torch.testing.assert_close(got[:, t], wanted, **CLOSE)
    for layer in range(layers):
        torch.testing.assert_close(end["stack"][str(layer)]["forwards"], states[layer], **CLOSE)


def test_widths_follow_from_the_reader() -> None:
    wiring: Any = decoder_of(ATTENTION, wiring="bahdanau").wiring
    assert wiring.input_size == INPUT + MEMORY and wiring.out.weight.shape == (SIZE, SIZE + INPUT + MEMORY)
    assert wiring.aside == 0
    given: Any = decoder_of({"kind": "context"}, wiring="bahdanau").wiring
    assert given.input_size == INPUT + SUMMARY


def test_a_context_vector_needs_no_loop() -> None:
    """Its scan is taken: no step of the stack is asked for."""
    bridge = {"kind": "context"}
    decoder, memory, x = decoder_of(bridge, wiring="bahdanau"), seen(bridge), inputs()
    wanted, _ = decoder(x, None, None, memory)

    def never(*_: object) -> None:
        raise AssertionError("the loop was taken")

    decoder.stack.step = never  # type: ignore[assignment, method-assign]
    assert torch.equal(decoder(x, None, None, memory)[0], wanted)
