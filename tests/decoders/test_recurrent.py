"""The recurrent decoder: State goes on from window to window (laws: tests/laws)."""

import torch

from seqloom.cells.gru import GRU
from seqloom.decoders.recurrent import RecurrentDecoder


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
