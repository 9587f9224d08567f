"""The native library at each level of instructions that this machine has; and tests import what stands beside them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqloom.kernels.library import Library, native, reason
from seqloom.kernels.switch import LEVELS, VARIABLE

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(params=LEVELS)
def native_level(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """The library, once at each level; skips a level that this processor lacks, and all where none was built."""
    monkeypatch.delenv(VARIABLE, raising=False)
    library = native()
    if library is None:
        pytest.skip(f"no native library: {reason()}")
    if LEVELS.index(request.param) > LEVELS.index(library.level):
        pytest.skip(f"this processor has no {request.param}")
    monkeypatch.setenv(VARIABLE, request.param)
    library = native()
    assert library is not None
    assert library.level == request.param
    yield library
