"""The table of encoders: kinds, their options, and what is said of those that do not exist."""

import pytest
import torch

from seqloom.cells import CELLS
from seqloom.cells.rnn import RNN
from seqloom.encoders import ENCODERS, build_encoder, cell_of, encoder_options, kinds
from seqloom.encoders.encoder import Encoder
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.errors import InputError


def test_kinds_are_cells_both_ways_and_the_others() -> None:
    assert kinds() == [*CELLS, *(f"bi{cell}" for cell in CELLS), *ENCODERS]
    assert {"lstm", "bigru", "transformer", "bag", "mlp"} <= set(kinds())
    assert [cell_of(kind) for kind in ("lstm", "bilstm", "transformer", "bi", "bibilstm")] == [
        "lstm",
        "lstm",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_is_built_with_its_defaults(kind: str) -> None:
    encoder = build_encoder({"kind": kind}, 8)
    memory, _ = encoder(torch.zeros(1, 2, 8), torch.ones(1, 2, dtype=torch.bool))
    assert memory.outputs.shape == (1, encoder.count(2), encoder.output_size)
    assert memory.summary.shape == (1, encoder.output_size)


def test_options_are_those_of_the_encoder_and_its_cell() -> None:
    assert {"size", "layers", "bidirectional", "start", "reset"} <= set(encoder_options("gru"))
    assert "reset" not in encoder_options("lstm") and "forget_bias" in encoder_options("lstm")
    assert encoder_options("bigru") == encoder_options("gru")
    assert {"norm", "positions", "heads"} <= set(encoder_options("transformer"))
    assert encoder_options("bag") == {}


def test_a_cells_option_reaches_every_cell() -> None:
    encoder = build_encoder({"kind": "birnn", "layers": 2, "activation": "relu", "size": 3}, 2)
    assert isinstance(encoder, RecurrentEncoder)
    cells = [cell for _, _, cell in encoder.stack.each_cell()]
    assert len(cells) == 4
    assert all(isinstance(cell, RNN) and cell.activation == "relu" for cell in cells)


def test_bi_before_a_cell_is_both_directions() -> None:
    assert build_encoder({"kind": "bigru", "size": 3}, 2).output_size == 6
    assert build_encoder({"kind": "gru", "size": 3, "bidirectional": True}, 2).output_size == 6
    assert build_encoder({"kind": "bigru", "size": 3, "bidirectional": True}, 2).output_size == 6
    assert build_encoder({"kind": "gru", "size": 3}, 2).output_size == 3


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"kind": "blstm"}, r"unknown encoder 'blstm'; did you mean 'bilstm'\? Known: .*\(seqloom list encoders\)"),
        ({"kind": "gru", "sizes": 3}, r"encoder gru has no option 'sizes'; did you mean 'size'\? Known: "),
        ({"kind": "gru", "size": "big"}, r"encoder gru: size='big' cannot be used: "),
        ({"kind": "gru", "start": "one"}, r"encoder gru: start='one' cannot be used: .*'zero', 'learned' or 'random'"),
        ({"kind": "transformer", "norm": "mid"}, r"encoder transformer: norm='mid' cannot be used: "),
        (
            {"kind": "bigru", "bidirectional": "bottom"},
            r"encoder bigru reads in both directions; for bidirectional=bottom say kind: gru\.",
        ),
        ({"kind": "bigru", "bidirectional": False}, r"for bidirectional=False say kind: gru\."),
    ],
)
def test_what_cannot_be_is_refused(part: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        build_encoder(part, 4)


def test_an_encoder_without_forward_says_so() -> None:
    with pytest.raises(TypeError, match="Encoder has no forward"):
        Encoder()(torch.zeros(1, 1, 1), None)
