"""Reading from the bottom layer for all, against the equations of the paper walked step by step."""

from typing import Any

import pytest
import torch
from wired import ATTENTION, CLOSE, INPUT, MEMORY, SIZE, decoder_of, inputs, reading, seen, started

BRIDGES = [ATTENTION, {**ATTENTION, "coverage": True}, {"kind": "context"}]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize(("layers", "residual"), [(1, False), (2, False), (4, 3), (3, True)])
@pytest.mark.parametrize("bridge", BRIDGES, ids=["attention", "coverage", "context"])
def test_the_bottom_layer_reads_and_every_layer_hears(
    bridge: dict[str, Any], layers: int, residual: bool | int, cell: str
) -> None:
    decoder = decoder_of(bridge, kind=cell, layers=layers, wiring="gnmt", residual=residual)
    memory, x = seen(bridge), inputs()
    got, end = decoder(x, None, None, memory)
    states, read = started(decoder, memory), reading(decoder.wiring.reader, memory)  # type: ignore[union-attr]
    for t in range(x.shape[1]):
        context = read(states[0]["h"])
        h, states[0] = decoder.stack.cell(0, "forwards")(torch.cat([x[:, t], context], -1), states[0])
        for layer in range(1, layers):
            y, states[layer] = decoder.stack.cell(layer, "forwards")(torch.cat([h, context], -1), states[layer])
            h = y + h if residual and layer + 1 >= residual else y
        torch.testing.assert_close(got[:, t], h, **CLOSE)
    for layer in range(layers):
        torch.testing.assert_close(end["stack"][str(layer)]["forwards"], states[layer], **CLOSE)


def test_only_the_bottom_layer_waits() -> None:
    """The layers above run once over all steps, whatever their number."""
    decoder, memory, x = decoder_of(ATTENTION, wiring="gnmt", layers=3), seen(), inputs()
    asked: list[int | None] = []
    step, forward = decoder.stack.step, decoder.stack.forward

    def counted(*given: Any, below: int | None = None) -> Any:
        asked.append(below)
        return step(*given, below=below)

    decoder.stack.step = counted  # type: ignore[method-assign]
    scans = []
    decoder.stack.forward = lambda *given, **more: (scans.append(more["above"]), forward(*given, **more))[1]  # type: ignore[method-assign, func-returns-value]
    decoder(x, None, None, memory)
    assert asked == [1] * x.shape[1] and scans == [1]


def test_widths_follow_from_the_reader() -> None:
    decoder = decoder_of(ATTENTION, wiring="gnmt", layers=2)
    assert decoder.wiring is not None and decoder.wiring.aside == MEMORY
    assert [cell.input_size for _, _, cell in decoder.stack.each_cell()] == [INPUT + MEMORY, SIZE + MEMORY]
