"""Where a decoder starts from: a projection of the summary, a copy of the encoder's last State, or its own start."""

import re
from typing import Any

import pytest
import torch
from wired import ATTENTION, CLOSE, LENGTHS, SIZE, SUMMARY, decoder_of, inputs, seen, started

from seqloom.errors import InputError
from seqloom.memory import Layout, Memory
from seqloom.state import State

START = {"kind": "context", "to": "start"}
GRU, LSTM = Layout(2, ("h",), SIZE), Layout(2, ("h", "c"), SIZE)


def ended(layout: Layout) -> State:
    """Return a last State, as an encoder leaves it, every number another."""
    g = torch.Generator().manual_seed(5)
    return {
        str(layer): {
            "backwards": {
                part: torch.randn(len(LENGTHS), layout.size, generator=g, dtype=torch.float64) for part in layout.parts
            }
        }
        for layer in range(layout.layers)
    }


@pytest.mark.parametrize("start", [None, "project"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_it_is_projected_from_the_summary_layer_by_layer(cell: str, start: str | None) -> None:
    more = {} if start is None else {"start": start}
    decoder = decoder_of(START, kind=cell, layers=2, **more)
    memory = seen(START)
    got = decoder.begin(inputs(), memory)
    for layer, wanted in enumerate(started(decoder, memory)):
        torch.testing.assert_close(got[str(layer)]["forwards"], wanted, **CLOSE)
    linear: Any = decoder.first.linear  # type: ignore[union-attr]
    parts = len(decoder.stack.parts)
    assert linear.weight.shape == (SIZE * parts * 2, SUMMARY)
    assert got["0"]["forwards"]["h"].abs().max() <= 1


@pytest.mark.parametrize(("cell", "layout"), [("gru", GRU), ("lstm", LSTM)])
def test_a_copy_is_the_encoders_last_state(cell: str, layout: Layout) -> None:
    decoder = decoder_of(ATTENTION, layout, kind=cell, layers=2, start="copy")
    memory = seen()
    end = ended(layout)
    memory = Memory(memory.outputs, memory.mask, memory.summary, end)
    got = decoder.begin(inputs(), memory)
    assert list(got) == ["0", "1"]
    for layer, value in got.items():
        assert list(value) == ["forwards"]
        for part in layout.parts:
            assert torch.equal(value["forwards"][part], end[layer]["backwards"][part])
    assert not list(decoder.first.parameters())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("cell", "given", "said"),
    [
        (
            "gru",
            LSTM,
            "decoder.start=copy: the encoder ends with 2 layer(s) of h and c of width 3, the decoder starts with 2 "
            "layer(s) of h of width 3. Make cells, layers and sizes agree, or use start: project.",
        ),
        (
            "gru",
            Layout(1, ("h",), SIZE),
            "ends with 1 layer(s) of h of width 3, the decoder starts with 2 layer(s) of h",
        ),
        (
            "gru",
            Layout(2, ("h",), 4),
            "ends with 2 layer(s) of h of width 4, the decoder starts with 2 layer(s) of h of",
        ),
        (
            "lstm",
            None,
            "decoder.start=copy takes over the last State of a recurrent encoder in one direction, seen as it",
        ),
    ],
)
def test_a_copy_that_does_not_fit_is_told_with_the_fix(cell: str, given: Layout | None, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        decoder_of(ATTENTION, given, kind=cell, layers=2, start="copy")


@pytest.mark.parametrize("start", ["zero", "learned", "random"])
def test_a_start_of_its_own_takes_nothing_of_the_source(start: str) -> None:
    decoder = decoder_of(ATTENTION, start=start)
    assert decoder.first is None and decoder.stack.start_kind == start
    got = decoder.begin(inputs(), seen())["0"]["forwards"]["h"]
    assert bool(got.any()) == (start == "learned")
    assert torch.equal(got[0], got[1])
    noisy = decoder.train().begin(inputs(), seen())["0"]["forwards"]["h"]
    assert torch.equal(noisy, got) == (start != "random")


@pytest.mark.parametrize("start", ["project", "copy"])
def test_without_an_encoder_there_is_nothing_to_start_from(start: str) -> None:
    said = rf"decoder\.start={start} needs an encoder to start from\. Use zero, learned or random\."
    with pytest.raises(InputError, match=said):
        decoder_of(start=start)
