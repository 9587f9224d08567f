"""The recurrent encoder: what it leaves in Memory (laws: tests/laws)."""

import pytest
import torch

from seqloom.cells.lstm import LSTM
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.errors import InputError


def test_memory_holds_every_layers_last_state() -> None:
    encoder = RecurrentEncoder(2, LSTM, size=3, layers=2)
    mask = torch.arange(4) < torch.tensor([[4], [2]])
    memory, state = encoder(torch.randn(2, 4, 2), mask)
    assert memory.final is state and torch.equal(memory.mask, mask)
    assert torch.equal(memory.summary, state["1"]["forwards"]["h"])
    assert torch.equal(memory.summary[1], memory.outputs[1, 1])


def test_both_directions_end_at_their_own_ends() -> None:
    encoder = RecurrentEncoder(2, LSTM, size=3, bidirectional=True)
    memory, _ = encoder(torch.randn(2, 4, 2), torch.arange(4) < torch.tensor([[4], [2]]))
    assert torch.equal(memory.summary[1], torch.cat([memory.outputs[1, 1, :3], memory.outputs[1, 0, 3:]]))


def test_only_one_direction_can_go_on() -> None:
    x, mask = torch.randn(1, 2, 2), torch.ones(1, 2, dtype=torch.bool)
    assert RecurrentEncoder(2, LSTM, size=3).causal
    both = RecurrentEncoder(2, LSTM, size=3, bidirectional=True)
    assert not both.causal
    with pytest.raises(InputError, match="this encoder cannot go on from a State: it reads in both directions"):
        both(x, mask, both(x, mask)[1])
