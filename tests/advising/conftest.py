"""Lets every test of advising import `racing.py` beside it, and leaves out fsync, which a busy disk makes slow."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave out fsync, and keep the number of threads that a test may change."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
