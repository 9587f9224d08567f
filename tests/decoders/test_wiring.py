"""The contract of a wiring: where there is nothing to read, nothing is wired."""

import re

import pytest
import torch
from wired import ATTENTION, bridge_of, decoder_of, inputs, seen

from seqloom.decoders import WIRINGS, build_decoder, decoder_options
from seqloom.decoders.bahdanau import Bahdanau
from seqloom.decoders.decoder import Decoder
from seqloom.decoders.wiring import Wiring
from seqloom.errors import InputError


def test_the_wirings_of_the_table() -> None:
    assert list(WIRINGS) == ["bahdanau", "luong", "gnmt"]
    assert {"wiring", "feed"} <= set(decoder_options("gru", "luong")) and "feed" not in decoder_options("gru")
    assert "wiring" not in decoder_options("gru", None) and "wiring" not in decoder_options("transformer")
    assert isinstance(decoder_of(ATTENTION).wiring, Bahdanau), "the wiring where none is named"
    assert decoder_of({"kind": "context", "to": "start"}).wiring is None and decoder_of().wiring is None


@pytest.mark.parametrize("wiring", WIRINGS)
def test_there_must_be_something_to_read(wiring: str) -> None:
    said = (
        f"decoder.wiring={wiring} says where a bridge is read at each step, and here there is nothing to read: use "
        "bridge: {kind: attention} or {kind: context, to: steps}, or leave the wiring out."
    )
    with pytest.raises(InputError, match=re.escape(said)):
        decoder_of({"kind": "context", "to": "start"}, wiring=wiring)
    with pytest.raises(InputError, match=rf"decoder\.wiring={wiring} says where a source is read, and there is none"):
        decoder_of(wiring=wiring)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"kind": "gru", "wiring": "loung"}, r"unknown wiring 'loung'; did you mean 'luong'\?"),
        ({"kind": "gru", "wiring": "gnmt", "feed": True}, r"decoder gru has no option 'feed'"),
    ],
)
def test_what_cannot_be_is_refused(part: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        build_decoder(part, 2, bridge_of(ATTENTION))


def test_a_wiring_without_advance_says_so() -> None:
    decoder, memory, x = decoder_of(ATTENTION), seen(), inputs()
    with pytest.raises(TypeError, match="Wiring has no advance"):
        Wiring().advance(decoder.stack, x[:, 0], {}, {}, memory, None, decoder.stack.noise(x))
    assert Wiring().scan(decoder.stack, x, None, {}, {}, memory) is None
    found = torch.zeros(1)
    assert Wiring().finish(decoder.stack, found, None, {}) == (found, {})


def test_a_decoder_that_reads_prepares_and_one_that_does_not_has_nothing_to() -> None:
    memory = seen()
    assert list(decoder_of(ATTENTION).prepare(memory)) == ["keys"]
    assert decoder_of({"kind": "context", "to": "start"}).prepare(memory) == {} == Decoder().prepare(memory)
