"""The contract of a reader."""

import pytest
import torch

from seqloom.layers.reader import Reader
from seqloom.memory import Memory


def test_a_reader_asks_and_forgets_unless_it_says_otherwise() -> None:
    reader = Reader()
    assert reader.asks and not reader.remembers and not reader.projects
    memory = Memory(torch.zeros(2, 3, 4), torch.ones(2, 3, dtype=torch.bool), torch.zeros(2, 4))
    assert reader.prepare(memory) == {} == reader.start(memory)


def test_a_reader_without_forward_says_so() -> None:
    memory = Memory(torch.zeros(2, 3, 4), torch.ones(2, 3, dtype=torch.bool), torch.zeros(2, 4))
    with pytest.raises(TypeError, match="Reader has no forward"):
        Reader()(torch.zeros(2, 1, 4), {}, memory, {})
