"""Lets every test of decoding import the tables beside it; the native library, where a test is of it."""

import sys
from pathlib import Path

import pytest

from seqloom.kernels.library import Library, native, reason
from seqloom.kernels.switch import VARIABLE

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def native_library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library at the highest level; skips where none was built."""
    monkeypatch.delenv(VARIABLE, raising=False)
    library = native()
    if library is None:
        pytest.skip(f"no native library: {reason()}")
    return library
