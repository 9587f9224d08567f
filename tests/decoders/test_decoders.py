"""The table of decoders: kinds, options, and what cannot be one."""

import pytest
import torch

from seqloom.cells import CELLS
from seqloom.decoders import DECODERS, build_decoder, decoder_options, kinds
from seqloom.decoders.decoder import Decoder
from seqloom.errors import InputError


def test_kinds_are_cells_and_the_others() -> None:
    assert kinds() == [*CELLS, *DECODERS] and "transformer" in kinds()


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_is_built_with_its_defaults(kind: str) -> None:
    decoder = build_decoder({"kind": kind}, 8)
    hidden, _ = decoder(torch.zeros(1, 2, 8), None)
    assert hidden.shape == (1, 2, decoder.output_size)


def test_options_are_those_of_the_decoder_and_its_cell() -> None:
    assert {"size", "residual", "reset"} <= set(decoder_options("gru"))
    assert "bidirectional" not in decoder_options("gru")
    assert {"heads", "max_positions"} <= set(decoder_options("transformer"))
    assert build_decoder({"kind": "gru", "reset": "before", "size": 3}, 2).stack.cell(0, "forwards").reset == "before"  # type: ignore[union-attr, operator]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"kind": "bilstm"}, r"a decoder cannot be 'bilstm': it would read the tokens it has yet to write. Use 'lstm'"),
        ({"kind": "gptt"}, r"unknown decoder 'gptt'.*Known: .*\(seqloom list decoders\)"),
        ({"kind": "bag"}, r"unknown decoder 'bag'"),
        ({"kind": "lstm", "bidirectional": True}, r"decoder lstm has no option 'bidirectional'"),
        ({"kind": "transformer", "head": 2}, r"decoder transformer has no option 'head'; did you mean 'heads'\?"),
    ],
)
def test_what_cannot_be_is_refused(part: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        build_decoder(part, 4)


def test_a_decoder_without_forward_says_so() -> None:
    with pytest.raises(TypeError, match="Decoder has no forward"):
        Decoder()(torch.zeros(1, 1, 1), None)
