"""The recurrent decoder: State goes on from window to window (laws: tests/laws)."""

from typing import Any

import pytest
import torch
from wired import ATTENTION, CLOSE, LENGTHS, SIZE, decoder_of, inputs, seen

from seqloom import state as states
from seqloom.cells.gru import GRU
from seqloom.decoders.recurrent import RecurrentDecoder
from seqloom.errors import InputError
from seqloom.memory import Memory


def test_state_is_carried_and_detached_windows_give_the_same_numbers() -> None:
    decoder = RecurrentDecoder(2, GRU, size=3, layers=2).double()
    x = torch.randn(1, 6, 2, dtype=torch.float64)
    whole, end = decoder(x, None)
    first, state = decoder(x[:, :3], None)
    second, last = decoder(x[:, 3:], None, state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(last, end)
    assert decoder.carries and decoder.span is None and decoder.output_size == 3


def test_every_layers_state_is_given() -> None:
    decoder = RecurrentDecoder(2, GRU, size=3, layers=2)
    hidden, state = decoder(torch.randn(1, 6, 2), None)
    assert list(state) == ["0", "1"]
    assert torch.equal(state["1"]["forwards"]["h"], hidden[:, -1])


@pytest.mark.parametrize("wiring", ["bahdanau", "luong", "gnmt"])
def test_a_padded_step_changes_nothing(wiring: str) -> None:
    """State, what is fed and what is remembered stay as they were; the hidden vectors there are zero."""
    decoder, memory, x = decoder_of({**ATTENTION, "coverage": True}, layers=2, wiring=wiring), seen(), inputs()
    mask = torch.arange(4) < torch.tensor([[2], [4], [0]])
    hidden, end = decoder(x, mask, None, memory)
    for row, length in enumerate((2, 4, 0)):
        alone = memory.reorder(torch.tensor([row]))
        wanted, last = decoder(x[row : row + 1, :length], None, None, alone)
        torch.testing.assert_close(hidden[row, :length], wanted[0], **CLOSE)
        torch.testing.assert_close(states.split(end)[row], last, **CLOSE)
        assert not hidden[row, length:].any()


@pytest.mark.parametrize("wiring", ["bahdanau", "luong", "gnmt"])
def test_no_steps_leave_the_state_as_it_is(wiring: str) -> None:
    decoder, memory, x = decoder_of(ATTENTION, wiring=wiring), seen(), inputs()
    wanted, end = decoder(x, None, None, memory)
    hidden, state = decoder(x[:, :0], None, None, memory)
    assert hidden.shape == (len(LENGTHS), 0, SIZE)
    got, last = decoder(x, None, state, memory)
    torch.testing.assert_close(got, wanted, **CLOSE)
    torch.testing.assert_close(last, end, **CLOSE)


def test_a_decoder_that_reads_needs_something_to_read() -> None:
    with pytest.raises(InputError, match="reads from a source at every step, so it cannot run without one"):
        decoder_of(ATTENTION)(inputs(), None)


def test_a_decoder_of_pairs_starts_each_one_afresh() -> None:
    assert not decoder_of(ATTENTION).carries and not decoder_of({"kind": "context", "to": "start"}).carries
    assert decoder_of().carries


def test_a_start_alone_is_all_that_is_heard_of_the_source() -> None:
    bridge = {"kind": "context", "to": "start"}
    decoder, x = decoder_of(bridge, layers=2), inputs()
    memory = seen(bridge)
    hidden, _ = decoder(x, None, None, memory)
    wanted, _ = decoder.stack(x, None, decoder.begin(x, memory))
    assert torch.equal(hidden, wanted)
    first, state = decoder(x[:, :1], None, None, memory)
    rest, _ = decoder(x[:, 1:], None, state, None)
    torch.testing.assert_close(torch.cat([first, rest], 1), hidden, **CLOSE)


def test_keys_that_stand_beside_the_memory_are_used() -> None:
    decoder, given, x = decoder_of(ATTENTION), seen(), inputs()
    wanted, _ = decoder(x, None, None, given)
    memory = Memory(given.outputs, given.mask, given.summary, keys={"decoder": decoder.prepare(given), "heads": {}})
    reader: Any = decoder.wiring.reader  # type: ignore[union-attr]
    reader.key.weight.data.zero_()
    assert torch.equal(decoder(x, None, None, memory)[0], wanted)
    assert not torch.equal(decoder(x, None, None, given)[0], wanted)


@pytest.mark.parametrize("wiring", ["bahdanau", "luong", "gnmt"])
@pytest.mark.parametrize("option", ["dropout", "recurrent_dropout"])
def test_dropout_acts_in_the_loop_too_and_in_training_alone(option: str, wiring: str) -> None:
    decoder = decoder_of(ATTENTION, layers=3, wiring=wiring, dropping="sequence", **{option: 0.5})
    memory, x = seen(), inputs()
    still = decoder_of(ATTENTION, layers=3, wiring=wiring)(x, None, None, memory)[0]
    assert torch.equal(decoder(x, None, None, memory)[0], still)
    decoder.train()
    found = [decoder(x, None, None, memory)[0] for _ in range(4)]
    assert not any(torch.equal(one, still) for one in found[1:]) and not torch.equal(found[0], found[1])
